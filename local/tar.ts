import assert from 'node:assert/strict';

/** One member of a tar archive. Paths are relative, with slashes, at most 100 bytes. */
export type TarEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly content: Uint8Array;
    }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

const blockBytes = 512;
const typeFlags = { file: '0', symlink: '2', directory: '5' } as const;

/**
 * Writes a POSIX ustar archive (IEEE Std 1003.1-1988) in which everything belongs to root and was changed at the epoch,
 * so that the same entries give the same bytes.
 */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = entry.kind === 'file' ? entry.content : new Uint8Array();
    const padding = (blockBytes - (content.byteLength % blockBytes)) % blockBytes;
    return [writeHeader(entry, content.byteLength), content, Buffer.alloc(padding)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function writeHeader(entry: TarEntry, contentBytes: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  assert(Buffer.byteLength(path) <= 100, `a path of at most 100 bytes: ${path}`);
  header.write(path, 0);
  header.write(octal(entry.kind === 'symlink' ? 0o777 : entry.mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(contentBytes, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(typeFlags[entry.kind], 156);
  if (entry.kind === 'symlink') {
    assert(Buffer.byteLength(entry.target) <= 100, `a link target of at most 100 bytes: ${entry.target}`);
    header.write(entry.target, 157);
  }
  header.write('ustar\0' + '00', 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
