import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { isFileProblem } from './file-problem';
import type { FileInode, Inode } from './inode';
import type { Sink } from './pipe';
import { complain, type Process, pathIn } from './process';
import { matchesPattern } from './shell-pattern';
import type { TarRequest } from './tar-arguments';

/** `tar c`: walks the named trees and writes an archive. */
export async function createArchive(self: Process, request: TarRequest, output: Sink): Promise<number> {
  const archive = pack();
  const bytes = request.gzip ? archive.pipe(createGzip()) : archive;
  const writer = new ArchiveWriter(self, request, archive);
  const writing = writer.writeAll();
  let taken = true;
  try {
    for await (const chunk of bytes) {
      taken = await output.write(Buffer.from(chunk as Buffer), self.signal);
      if (!taken) break;
    }
  } catch {
    taken = false;
  }
  archive.destroy();
  const status = await writing;
  if (taken) return status;
  if (output.problem == null) return 141;
  await complain(self, `tar: -: Cannot write: ${output.problem}\ntar: Error is not recoverable: exiting now`);
  return 2;
}

class ArchiveWriter {
  readonly #self: Process;
  readonly #request: TarRequest;
  readonly #archive: Pack;
  /** The name under which a file with several was archived first. */
  readonly #linked = new Map<FileInode, string>();
  readonly #told = new Set<string>();
  #status = 0;

  constructor(self: Process, request: TarRequest, archive: Pack) {
    this.#self = self;
    this.#request = request;
    this.#archive = archive;
  }

  async writeAll(): Promise<number> {
    for (const { name, directories } of this.#request.members) {
      const base = directories.reduce((at, it) => pathIn(at, it), this.#self.cwd);
      const problem = directories.find((_, index) => {
        const at = directories.slice(0, index + 1).reduce((from, it) => pathIn(from, it), this.#self.cwd);
        return this.#self.container.files.kindOf(at) !== 'directory';
      });
      if (problem !== undefined) {
        await complain(
          this.#self,
          `tar: ${problem}: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now`,
        );
        this.#archive.destroy();
        return 2;
      }
      await this.#add(name, pathIn(base, name));
    }
    this.#archive.finalize();
    if (this.#status !== 0)
      await complain(this.#self, 'tar: Exiting with failure status due to previous errors');
    return this.#status;
  }

  async #add(name: string, path: string): Promise<void> {
    const { files } = this.#self.container;
    if (this.#self.signal.aborted || this.#archive.destroyed) return;
    if (
      this.#request.excludes.some(
        (it) => matchesPattern(it, name) || matchesPattern(it, name.replace(/.*\//, '')),
      )
    )
      return;
    const inode = this.#request.dereference ? files.stat(path) : files.lstat(path);
    if (isFileProblem(inode)) {
      await complain(this.#self, `tar: ${name}: Cannot stat: ${inode.text}`);
      this.#status = 2;
      return;
    }
    if (inode.kind === 'device' && inode.device.looksLikeFile !== true) return;
    const stored = await this.#memberName(name, inode.kind === 'directory');
    if (stored !== null) await this.#entry(stored, path, inode);
    if (stored !== null && this.#request.verbose) await complain(this.#self, stored);
    if (inode.kind !== 'directory') return;
    for (const child of inode.entries.keys()) {
      await this.#add(`${name.replace(/\/+$/, '')}/${child}`, pathIn(path, child));
    }
  }

  async #entry(name: string, path: string, inode: Inode): Promise<void> {
    const { mode, uid, gid, modified: mtime } = inode;
    const header = { name, mode, uid, gid, mtime, uname: 'root', gname: 'root' };
    if (inode.kind === 'directory') return this.#write({ ...header, type: 'directory' });
    if (inode.kind === 'symlink') return this.#write({ ...header, type: 'symlink', linkname: inode.target });
    if (inode.kind === 'file') {
      const first = this.#linked.get(inode);
      if (first !== undefined) return this.#write({ ...header, type: 'link', linkname: first });
      if (inode.links > 1) this.#linked.set(inode, name);
    }
    const content = this.#self.container.files.read(path);
    return this.#write({ ...header, type: 'file' }, isFileProblem(content) ? Buffer.alloc(0) : content);
  }

  /** Resolves when the archive has taken the member; one that nobody reads any more takes nothing. */
  #write(header: Parameters<Pack['entry']>[0], content: Buffer = Buffer.alloc(0)): Promise<void> {
    return new Promise((resolve) => {
      if (this.#archive.destroyed) {
        resolve();
        return;
      }
      const done = (): void => {
        this.#archive.off('close', done);
        resolve();
      };
      this.#archive.once('close', done);
      this.#archive.entry(header, content, done);
    });
  }

  /** GNU tar's names.c, safer_name_suffix: no member name leads out of where it is extracted. */
  async #memberName(name: string, isDirectory: boolean): Promise<string | null> {
    const prefix = /^(?:.*\/)?\.\.(?:\/|$)|^\/+/.exec(name)?.[0] ?? '';
    const all = /^\/+/.exec(name.slice(prefix.length))?.[0] ?? '';
    if (prefix !== '' && !this.#told.has(prefix + all)) {
      this.#told.add(prefix + all);
      await complain(this.#self, `tar: Removing leading \`${prefix}${all}' from member names`);
    }
    const bare = name.slice(prefix.length + all.length).replace(/\/+$/, '');
    if (bare === '') return isDirectory && prefix !== '' ? './' : null;
    return isDirectory ? `${bare}/` : bare;
  }
}
