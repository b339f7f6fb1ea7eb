import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Extract, extract, type Header } from 'tar-stream';
import { type FileProblem, isFileProblem } from './file-problem';
import { modeString } from './mode-string';
import type { Source } from './pipe';
import { complain, type Process, pathIn, print } from './process';
import { matchesPattern } from './shell-pattern';
import type { TarRequest } from './tar-arguments';

type Entry = Extract extends AsyncIterable<infer Member> ? Member : never;

/**
 * `tar x` and `tar t`: reads an archive as it arrives. A member's name never leads out of the directory that is extracted to:
 * a leading `/` is dropped and a name with `..` is skipped, as GNU tar does (its names.c and extract.c).
 */
export async function readArchive(self: Process, request: TarRequest, input: Source): Promise<number> {
  const base = request.directories.reduce((at, it) => pathIn(at, it), self.cwd);
  if (self.container.files.kindOf(base) !== 'directory') {
    const text = `tar: ${request.directories.join('/')}: Cannot open: No such file or directory`;
    await complain(self, `${text}\ntar: Error is not recoverable: exiting now`);
    return 2;
  }
  const bytes = Readable.from(chunks(self, input));
  const archive = extract();
  const unpacked = request.gzip ? bytes.pipe(createGunzip()) : bytes;
  // What stops one of the streams stops the archive, and with it the loop below.
  let first: unknown = null;
  for (const stream of [bytes, unpacked]) {
    stream.on('error', (error) => {
      first ??= error;
      archive.destroy(error);
    });
  }
  unpacked.pipe(archive);
  const reader = new ArchiveReader(self, request, base);
  try {
    for await (const entry of archive) await reader.take(entry);
  } catch (error) {
    if (self.signal.aborted) return 141;
    await complain(self, `tar: ${faultOf(first ?? error)}\ntar: Error is not recoverable: exiting now`);
    return 2;
  } finally {
    bytes.destroy();
    unpacked.destroy();
  }
  return reader.finish();
}

async function* chunks(self: Process, input: Source): AsyncGenerator<Buffer> {
  for (;;) {
    const bytes = await input.read(self.signal);
    if (bytes === null) return;
    yield bytes;
  }
}

function faultOf(error: unknown): string {
  const { code = '', message = '' } = error as Partial<NodeJS.ErrnoException>;
  if (code === 'Z_BUF_ERROR') return 'gzip: stdin: unexpected end of file';
  if (code.startsWith('Z_')) return 'gzip: stdin: not in gzip format';
  if (/Unexpected end/i.test(message)) return 'Unexpected EOF in archive';
  return 'This does not look like a tar archive';
}

class ArchiveReader {
  readonly #self: Process;
  readonly #request: TarRequest;
  readonly #base: string;
  readonly #found = new Set<string>();
  /** Directories get their times last: what is put into them changes them. */
  readonly #times: { path: string; at: Date }[] = [];
  #status = 0;
  #toldSlash = false;

  constructor(self: Process, request: TarRequest, base: string) {
    this.#self = self;
    this.#request = request;
    this.#base = base;
  }

  async take(entry: Entry): Promise<void> {
    const { header } = entry;
    const name = await this.#nameOf(header.name);
    if (name === null || !this.#wanted(header.name) || this.#self.signal.aborted) {
      entry.resume();
      return;
    }
    if (this.#request.mode === 'list' || this.#request.verbose) await this.#show(header);
    if (this.#request.mode === 'list') entry.resume();
    else if (this.#request.toStdout) await this.#copy(entry);
    else await this.#extract(name, entry);
  }

  async finish(): Promise<number> {
    for (const { path, at } of this.#times.reverse()) this.#self.container.files.setModified(path, at);
    for (const { name } of this.#request.members) {
      if (!this.#found.has(name)) await this.#complain(`${name}: Not found in archive`);
    }
    if (this.#status !== 0)
      await complain(this.#self, 'tar: Exiting with failure status due to previous errors');
    return this.#status;
  }

  async #complain(text: string): Promise<void> {
    this.#status = 2;
    await complain(this.#self, `tar: ${text}`);
  }

  async #nameOf(raw: string): Promise<string | null> {
    if (this.#request.mode === 'list') return raw;
    if (raw.split('/').includes('..')) {
      await this.#complain(`${raw}: Member name contains '..'`);
      return null;
    }
    if (raw.startsWith('/') && !this.#toldSlash) {
      this.#toldSlash = true;
      await complain(this.#self, "tar: Removing leading `/' from member names");
    }
    const parts = raw.split('/').filter((it) => it !== '' && it !== '.');
    const kept = parts.slice(this.#request.stripComponents);
    return kept.length === 0 && parts.length > 0 ? null : kept.join('/');
  }

  #wanted(name: string): boolean {
    const bare = name.replace(/^\.\//, '').replace(/\/+$/, '');
    if (this.#request.excludes.some((it) => matchesPattern(it, bare))) return false;
    if (this.#request.members.length === 0) return true;
    const hit = this.#request.members.find((it) => {
      const member = it.name.replace(/^\.\//, '').replace(/\/+$/, '');
      return bare === member || bare.startsWith(`${member}/`);
    });
    if (hit !== undefined) this.#found.add(hit.name);
    return hit !== undefined;
  }

  /** Names go to standard output, unless that is where the members go. */
  async #show(header: Header): Promise<void> {
    const { mode, verbose, toStdout } = this.#request;
    const long = mode === 'list' && verbose ? `${longForm(header)} ` : '';
    const arrow = long === '' ? '' : header.type === 'symlink' ? ` -> ${header.linkname}` : '';
    const line = `${long}${header.name}${arrow}`;
    if (toStdout) await complain(this.#self, line);
    else await print(this.#self, `${line}\n`);
  }

  async #copy(entry: Entry): Promise<void> {
    for await (const chunk of entry) {
      if (!(await print(this.#self, Buffer.from(chunk as Buffer)))) break;
    }
  }

  async #extract(name: string, entry: Entry): Promise<void> {
    const { files } = this.#self.container;
    const path = pathIn(this.#base, name);
    const { header } = entry;
    const above = path.slice(0, path.lastIndexOf('/'));
    if (above !== '') files.makeDirectory(above, { parents: true });
    const problem = await this.#make(path, name, entry);
    if (problem !== null) {
      await this.#complain(`${name}: Cannot open: ${problem.text}`);
      entry.resume();
      return;
    }
    if (header.type === 'symlink') return;
    if (name !== '' && header.type !== 'link') {
      const bits = header.mode ?? 0o644;
      files.chmod(path, this.#request.keepModes ? bits & 0o7777 : bits & 0o755);
    }
    if (this.#request.keepOwners && name !== '') files.chown(path, { uid: header.uid, gid: header.gid });
    if (!this.#request.freshTimes && header.mtime !== undefined) {
      if (header.type === 'directory') this.#times.push({ path, at: header.mtime });
      else files.setModified(path, header.mtime);
    }
  }

  async #make(path: string, name: string, entry: Entry): Promise<FileProblem | null> {
    const { files } = this.#self.container;
    const { type, linkname } = entry.header;
    if (type === 'directory') {
      entry.resume();
      return files.kindOf(path) === 'directory' ? null : files.makeDirectory(path);
    }
    // What is there is unlinked first: a member is never written through a link that an earlier member made.
    const old = files.lstat(path);
    if (!isFileProblem(old) && old.kind !== 'directory' && old.kind !== 'device') {
      const removed = files.remove(path);
      if (removed !== null) return removed;
    }
    switch (type) {
      case 'symlink':
        entry.resume();
        return files.makeSymlink(path, linkname ?? '');
      case 'link':
        entry.resume();
        return files.link(path, pathIn(this.#base, (linkname ?? '').replace(/^\/+/, '')));
      case 'file':
      case 'contiguous-file':
        return this.#fill(path, entry);
      default:
        await this.#complain(`${name}: Cannot mknod: Operation not permitted`);
        entry.resume();
        return null;
    }
  }

  async #fill(path: string, entry: Entry): Promise<FileProblem | null> {
    const { files } = this.#self.container;
    const made = files.write(path, Buffer.alloc(0));
    if (made !== null) return made;
    let problem: FileProblem | null = null;
    for await (const chunk of entry) {
      problem ??= files.write(path, Buffer.from(chunk as Buffer), 'append');
    }
    return problem;
  }
}

function longForm({ type, mode = 0, size = 0, mtime = new Date(0), uname = '', gname = '' }: Header): string {
  const kind = type === 'directory' || type === 'symlink' ? type : 'file';
  const owner = `${uname || 0}/${gname || 0}`;
  const when = mtime.toISOString().slice(0, 16).replace('T', ' ');
  return `${modeString(kind, mode)} ${owner} ${String(size).padStart(Math.max(19 - owner.length, 1))} ${when}`;
}
