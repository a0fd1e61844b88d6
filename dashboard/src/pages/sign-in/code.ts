let kept: string | null = null;

/**
 * Takes the code of a sign-in link (`#code=...`) out of the address, so that it stays neither in the history nor on the
 * screen. To be called before anything else reads the address.
 */
export function keepSignInCode(): void {
  kept = codeIn(window.location.hash);
  if (kept === null) return;
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
}

/** Whether a code waits to be taken. */
export function hasSignInCode(): boolean {
  return kept !== null;
}

/** The code that the address held, once: it signs in only once. */
export function takeSignInCode(): string | null {
  const code = kept;
  kept = null;
  return code;
}

/** The code in the part of an address after `#`; null when there is none. */
export function codeIn(hash: string): string | null {
  const code = new URLSearchParams(hash.replace(/^#/, '')).get('code');
  return code === null || code === '' ? null : code;
}
