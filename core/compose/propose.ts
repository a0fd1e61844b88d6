import { isMap, isSeq, parseDocument, type Document } from 'yaml';

/** What to add to one component of a definition. */
export interface Proposal {
  readonly component: string;
  readonly tmpfs: readonly string[];
  /** A check in the long form; null: nothing to add. */
  readonly health: readonly string[] | null;
}

/** How often a proposed check runs, how long it may take, and how often it has to fail. */
const healthTimes = { interval: '10s', timeout: '3s', retries: 3 } as const;

/** Adds what is proposed to a definition that `readDefinition` accepts. Comments stay. */
export function applyProposals(text: string, proposals: readonly Proposal[]): string {
  if (proposals.every(({ tmpfs, health }) => tmpfs.length === 0 && health === null)) return text;
  const document: Document = parseDocument(text, { merge: true, uniqueKeys: false, logLevel: 'silent' });
  for (const { component, tmpfs, health } of proposals) {
    const place = ['services', component];
    if (!isMap(document.getIn(place))) continue;
    if (tmpfs.length > 0) addTmpfs(document, [...place, 'tmpfs'], tmpfs);
    if (health !== null && !document.hasIn([...place, 'healthcheck'])) {
      document.setIn([...place, 'healthcheck'], document.createNode({ test: health, ...healthTimes }));
    }
  }
  return document.toString({ lineWidth: 0 });
}

function addTmpfs(document: Document, path: readonly string[], added: readonly string[]): void {
  const present: unknown = document.getIn(path);
  if (isSeq(present)) {
    for (const one of added) present.items.push(document.createNode(one));
    return;
  }
  const before = typeof present === 'string' ? [present] : [];
  document.setIn(path, document.createNode([...before, ...added]));
}
