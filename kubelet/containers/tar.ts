import { isFileProblem } from './file-problem';
import { type Command, complain, openRead, openWrite } from './process';
import { parseTarArguments } from './tar-arguments';
import { createArchive } from './tar-create';
import { readArchive } from './tar-extract';

/** GNU tar, as far as `kubectl cp` and people at a prompt use it. */
export const tar: Command = async (self) => {
  const request = parseTarArguments(self.argv.slice(1));
  if (request.kind === 'tar-refusal') {
    await complain(self, `tar: ${request.text}\nTry 'tar --help' or 'tar --usage' for more information.`);
    return 2;
  }
  const { archive } = request;
  const cannotOpen = async (why: string): Promise<number> => {
    await complain(self, `tar: ${archive}: Cannot open: ${why}\ntar: Error is not recoverable: exiting now`);
    return 2;
  };
  if (request.mode === 'create') {
    const output = archive === '-' ? self.stdout : openWrite(self, archive, 'truncate');
    return isFileProblem(output) ? cannotOpen(output.text) : createArchive(self, request, output);
  }
  const input = archive === '-' ? self.stdin : openRead(self, archive);
  return isFileProblem(input) ? cannotOpen(input.text) : readArchive(self, request, input);
};
