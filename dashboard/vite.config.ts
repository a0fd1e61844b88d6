import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Files below this are sent as they are: a header would weigh as much as it saves. */
const compressFromBytes = 1024;

/** Writes each text file a second and third time, compressed, so that the server never does it. */
function precompress(): Plugin {
  let output = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved({ root, build }) {
      output = resolve(root, build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
        const path = join(output, name);
        if (!/\.(?:html|js|css|svg)$/.test(name) || statSync(path).size < compressFromBytes) continue;
        const content = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(content));
      }
    },
  };
}

/**
 * Lets the browser fetch the dashboard itself beside its small beginning, and not only after it; and has it wait with
 * the first picture for that beginning, which chooses the colours.
 */
function preloadMain(): Plugin {
  return {
    name: 'preload-main',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle }) => {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === 'chunk');
        const main = chunks.find((chunk) => chunk.isDynamicEntry && chunk.name === 'main');
        if (main === undefined) throw new Error('the bundle has no main chunk');
        const parts = chunks.filter((chunk) => chunk === main || main.imports.includes(chunk.fileName));
        const styles = parts.flatMap((chunk) => [...(chunk.viteMetadata?.importedCss ?? [])]);
        const link = (attrs: Record<string, string | boolean>) => ({ tag: 'link', attrs, injectTo: 'head' as const });
        return {
          html: html.replace('<script type="module"', '<script type="module" blocking="render"'),
          tags: [
            ...parts
              .filter((chunk) => !chunk.isEntry)
              .map(({ fileName }) => link({ rel: 'modulepreload', crossorigin: true, href: `/${fileName}` })),
            ...styles
              .filter((name) => !html.includes(name))
              .map((name) => link({ rel: 'stylesheet', crossorigin: true, href: `/${name}` })),
          ],
        };
      },
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), preloadMain(), precompress()],
  build: {
    outDir: 'dist/now',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:4400' } },
});
