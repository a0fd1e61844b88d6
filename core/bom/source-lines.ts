/**
 * File names that hold what somebody programs: by the last part after a dot. Data, markup for texts, lock files and
 * pictures are none.
 */
const extensions = new Set(
  (
    'ts tsx mts cts js jsx mjs cjs vue svelte astro html htm css scss sass less py pyi go java kt kts scala groovy clj ' +
    'cljs rb erb php c h cc cpp cxx hh hpp hxx m mm swift rs cs fs vb razor cshtml ex exs erl hrl hs ml mli elm dart lua ' +
    'pl pm r jl nim zig sh bash zsh fish ps1 sql proto graphql tf hcl rego'
  ).split(' '),
);

/** Files without an extension that are programmed. */
const names = new Set(['dockerfile', 'makefile', 'rakefile', 'gemfile', 'jenkinsfile']);

/** Folders of what others programmed, and of what a build made. */
const foreignFolders = new Set(['node_modules', 'bower_components', 'vendor', 'third_party', 'dist']);

/** Whether lines of a tracked file are counted, by its path. */
export function isSource(path: string): boolean {
  const parts = path.toLowerCase().split('/');
  const name = parts.pop() ?? '';
  if (parts.some((part) => foreignFolders.has(part)) || /\.min\.|\.(?:pb|generated)\.|_pb2?\./.test(name)) return false;
  const at = name.lastIndexOf('.');
  return at < 1 ? names.has(name) : extensions.has(name.slice(at + 1));
}

/** As far as git itself looks for the sign of a binary file (xdiff-interface.c, FIRST_FEW_BYTES). */
const binaryWithin = 8_000;

/** Lines that hold more than white space; comments count. 0 for a binary file: one with a NUL among its first bytes. */
export function countLines(bytes: Uint8Array): number {
  if (bytes.subarray(0, binaryWithin).includes(0)) return 0;
  let lines = 0;
  let isFilled = false;
  for (const byte of bytes) {
    if (byte === 0x0a) {
      if (isFilled) lines += 1;
      isFilled = false;
    } else if (byte > 0x20) isFilled = true;
  }
  return isFilled ? lines + 1 : lines;
}
