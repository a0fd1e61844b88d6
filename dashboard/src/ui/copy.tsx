import { useEffect, useState } from 'react';
import styles from './copy.module.css';

const copiedMs = 1_500;

const pages = 'M5 1h8v10h-2V3H5V1ZM2 4h8v11H2V4Zm1.5 1.5v8h5v-8h-5Z';
const tick = 'm2 8.4 1.5-1.5 3 3 6-6L14 5.4l-7.5 7.5L2 8.4Z';

/** The first characters of a digest: enough to tell it from its neighbours. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** Copies a text; its sign says for a moment that it did, or that the browser refused. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [result, setResult] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (result === null) return;
    const timer = setTimeout(() => setResult(null), copiedMs);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = () => {
    // Without TLS, away from localhost, a page has no clipboard at all.
    const clipboard: Clipboard | undefined = navigator.clipboard;
    const written = clipboard === undefined ? Promise.reject(new Error('no clipboard')) : clipboard.writeText(text);
    written.then(
      () => setResult('copied'),
      () => setResult('refused'),
    );
  };
  const title = result === null ? label : result === 'copied' ? 'Copied' : 'The browser refused; select and copy it';
  return (
    <button type="button" className={styles.button} aria-label={title} title={title} onClick={copy}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d={result === 'copied' ? tick : pages} fill="currentColor" fillRule="evenodd" />
      </svg>
    </button>
  );
}

/** A digest, shortened, whole when pointed at or copied. */
export function Digest({ digest, label }: { readonly digest: string; readonly label: string }) {
  return (
    <span className={styles.copy}>
      <code title={digest}>{shortDigest(digest)}</code>
      <CopyButton text={digest} label={`Copy ${label}`} />
    </span>
  );
}
