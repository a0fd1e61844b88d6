import type { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ContentVerdict } from '../../core/content.ts';
import type { Audit } from '../../core/ledger-audit.ts';
import type { Finding } from '../../core/ledger-evidence.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { fetchCheckpoint, readKeys, readReceipts, type LedgerVerdictOptions } from '../ledger-evidence.ts';
import { auditExport } from '../ledger-export.ts';
import { auditPages } from '../ledger.ts';
import { createLive } from '../live.ts';
import { addText } from '../option.ts';
import { printable } from '../style.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly file?: string;
  readonly export?: string;
  readonly key?: readonly string[];
  readonly receipt?: readonly string[];
}

/** Told while a verification goes on; the total is null when nobody knows it. */
type Tell = (done: number, total: number | null) => void;

/** `dray ledger verify`: whether the ledger is what it was. */
export function addVerify(ledger: Command, act: Act): void {
  const command = ledger
    .command('verify')
    .summary('check that no entry was altered, dropped, put in or cut off')
    .description(
      'Checks every entry from the first to the last, computed here and not believed from anybody: each continues the one before, and together they are what was signed. Names the first entry that is wrong.',
    )
    .option('--file <path>', 'a data folder or database file, without a server')
    .option('--export <file>', 'what `dray ledger export` wrote; - is standard input')
    .option('--key <key|file>', 'verifier key that is known to be right; may be repeated', addText)
    .option('--receipt <file>', 'receipt or checkpoint that was kept; may be repeated', addText)
    .action((options: Options) => act(command, async (context) => await verify(context, options)));
  teach(command, {
    notes: [
      'Without --key the first key that the ledger names is trusted, and printed: keep it elsewhere, and give it next time.',
      'A history that was written anew from the first entry on shows only against a receipt, a checkpoint or a key that was kept elsewhere.',
    ],
    examples: [
      ['dray ledger verify', 'of the running server'],
      ['dray ledger verify --file .drayage/data', 'of a data folder, without a server'],
      ['dray ledger verify --export ledger.jsonl --key drayage.key', 'of an export, with nothing but the public key'],
      ['dray ledger verify --receipt cart-1.4.2.tlog-proof', 'whether it still holds what a receipt proves'],
    ],
    exits: [0, 1, 2, 9, 11, 13, 130],
  });
}

async function verify(context: Context, options: Options): Promise<ExitCode> {
  const { io, terminal } = context;
  if (options.file !== undefined && options.export !== undefined)
    throw new UsageError('--file and --export are two ledgers.', 'Give one of them.');
  const keys = await readKeys(io, options.key ?? []);
  const evidence = await readReceipts(io, options.receipt ?? []);
  const live = terminal.people.isTerminal ? createLive(terminal.people) : null;
  const tell: Tell = (done, total) => {
    const of = total === null ? '' : ` of ${total}`;
    live?.draw([terminal.style.dim(`verified ${done}${of} entries`)]);
  };
  try {
    const audit = await auditOf(context, options, { keys, evidence, tell });
    const contents = await contentsOf(context, options);
    live?.clear();
    const code = tellAudit(context, audit, contents);
    return contents !== null && contents.wrong.length > 0 && code === exitCode.done ? exitCode.failed : code;
  } finally {
    live?.clear();
  }
}

/** What entries name lies beside them: only a database file shows all of it. */
async function contentsOf({ io, signal }: Context, { file }: Options): Promise<ContentVerdict | null> {
  if (file === undefined) return null;
  const { verifyContentFile } = await import('../../server.ts');
  return await verifyContentFile(resolve(io.folder, file), signal);
}

type AuditOptions = LedgerVerdictOptions & { readonly tell: Tell };

async function auditOf(context: Context, options: Options, how: AuditOptions): Promise<Audit> {
  const { io, signal } = context;
  if (options.export !== undefined) {
    const tell = (done: number): void => how.tell(done, null);
    return await auditExport(await openExport(context, options.export), { ...how, tell });
  }
  if (options.file !== undefined) {
    const { verifyLedgerFile } = await import('../../server.ts');
    return await verifyLedgerFile(resolve(io.folder, options.file), signal, how);
  }
  // Asked for before the entries: it covers none that was not durable by then.
  const checkpoint = await fetchCheckpoint(context);
  const evidence = checkpoint === null ? how.evidence : [checkpoint, ...how.evidence];
  return await auditPages(
    (after, limit) => context.client().call('ledgerEntries', { query: { after, limit }, signal }),
    { ...how, evidence },
  );
}

async function openExport({ io, signal }: Context, path: string): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return io.stdin();
  const full = resolve(io.folder, path);
  const isFile = await stat(full).then(
    (found) => found.isFile() || found.isFIFO(),
    () => false,
  );
  if (!isFile)
    throw new UsageError(`cannot read ${path}: there is no such file.`, 'Name what `dray ledger export` wrote.');
  return createReadStream(full, { signal, highWaterMark: 1024 * 1024 });
}

function tellAudit({ terminal }: Context, audit: Audit, contents: ContentVerdict | null): ExitCode {
  const { style } = terminal;
  const [first] = audit.findings;
  const chainBreak = first === undefined || audit.kind !== 'broken' ? {} : { break: first };
  terminal.result({ ...audit, ...chainBreak, ...(contents === null ? {} : { contents }) });
  if (audit.kind === 'whole')
    terminal.say(`${style.green('whole:')} ${audit.entries} entries verified, head ${audit.head}`);
  for (const { name, size, by } of audit.proofs)
    terminal.say(`  signed: entries 1 to ${size}, by ${printable(by)} (${printable(name)})`);
  if (contents !== null) tellContents(terminal, contents);
  tellTrust(terminal, audit);
  for (const finding of audit.findings) {
    const at = finding.sequence === null ? '' : ` at entry ${finding.sequence}`;
    const word = finding.kind === 'unproven' ? style.yellow('unknown') : style.red(wordFor(finding.kind));
    terminal.say(`${word}${at}: ${printable(finding.problem)}`);
  }
  const next = audit.findings.map((finding) => nextStep(finding.kind));
  for (const step of new Set(next)) terminal.say(`  ${style.bold('next:')} ${step}`);
  return { whole: exitCode.done, broken: exitCode.failed, unknown: exitCode.unknown }[audit.kind];
}

function tellContents(
  terminal: Context['terminal'],
  { present, erased, missing, altered, wrong }: ContentVerdict,
): void {
  const gone = erased === 0 ? '' : `, ${erased} erased`;
  terminal.say(`  contents that entries name: ${present} there as they were${gone}`);
  for (const { problem, sequence, kind, digest } of wrong)
    terminal.say(`${terminal.style.red(problem)} content of entry ${sequence}: ${kind} ${digest}`);
  const more = missing + altered - wrong.length;
  if (more > 0) terminal.say(`  and ${more} more`);
  if (wrong.length > 0) terminal.say(`  ${terminal.style.bold('next:')} ${nextStep('missing')}`);
}

function tellTrust(terminal: Context['terminal'], { keys, proofs, kind }: Audit): void {
  const trusted = keys.find(({ because }) => because === 'first-use');
  if (trusted !== undefined) {
    terminal.say(`  ${terminal.style.yellow('no key was given:')} trusted the first one that the ledger names`);
    terminal.say(`    ${trusted.key}`);
  }
  for (const { key, because, sequence } of keys)
    if (because === 'handed-over') terminal.say(`  trusted too: ${key}, handed over by entry ${sequence ?? '(none)'}`);
  if (proofs.length === 0 && kind === 'whole')
    terminal.say('  no signed checkpoint was there to compare with: only the chain was checked');
}

function wordFor(kind: Exclude<Finding['kind'], 'unproven'>): string {
  switch (kind) {
    case 'broken':
      return 'broken';
    case 'missing':
      return 'missing';
    case 'rewritten':
      return 'rewritten';
    case 'lost':
      return 'lost';
    case 'subtree':
      return 'damaged';
    default:
      return unreachable(kind);
  }
}

function nextStep(kind: Finding['kind']): string {
  switch (kind) {
    case 'broken':
    case 'missing':
    case 'rewritten':
      return 'stop changing things, keep a copy of the data folder, and compare it with a backup';
    case 'lost':
      return 'nothing, if you know of that recovery: what was lost is gone, and the ledger says so';
    case 'subtree':
      return 'the entries themselves are whole: stop the server and run `dray ledger rebuild`';
    case 'unproven':
      return 'give the right key with --key, or take the export or receipt anew from the server';
    default:
      return unreachable(kind);
  }
}
