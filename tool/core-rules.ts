import type { SourceFacts } from './source.ts';
import type { Violation } from './violation.ts';

/** Packages that compute and do nothing else. */
const purePackages = new Set(['yaml', 'zod']);

/** Of node:crypto: what follows from its arguments alone. Signing does too, but keys are not core's. */
const pureCrypto = new Set(['hash', 'createHash', 'createHmac', 'verify', 'createPublicKey']);

const impureUses = new Map([
  ...['Date.now', 'new Date()', 'performance'].map(
    (name) => [name, 'the clock: take the time as an argument'] as const,
  ),
  ...['Math.random', 'crypto'].map((name) => [name, 'randomness: take it as an argument'] as const),
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((name) => [name, 'a timer'] as const),
  ...['process', 'globalThis', 'global', 'console', 'fetch', 'require'].map((name) => [name, 'the outside'] as const),
]);

/** What core must do without: I/O, the clock, randomness, timers, the process, modules loaded at run time. */
export function coreViolations(path: string, facts: SourceFacts): Violation[] {
  const violations: Violation[] = [];
  const report = (line: number, detail: string): void => {
    violations.push({ path, line, rule: 'core is pure', detail });
  };
  for (const site of facts.imports) {
    if (site.dynamic) report(site.line, 'dynamic import');
    else if (site.specifier === 'node:crypto') {
      const others = site.names?.filter((name) => !pureCrypto.has(name)) ?? ['the whole module'];
      for (const name of others) report(site.line, `node:crypto is here for hashes and verifying, not for ${name}`);
    } else if (!site.specifier.startsWith('.') && !purePackages.has(packageOf(site.specifier))) {
      report(site.line, `import of ${site.specifier}`);
    }
  }
  for (const use of facts.uses) {
    const reason = impureUses.get(use.name);
    if (reason !== undefined) report(use.line, `${use.name} is ${reason}`);
  }
  for (const call of facts.calls) {
    if (call.name === 'Date') report(call.line, 'Date() is the clock: take the time as an argument');
  }
  return violations;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
