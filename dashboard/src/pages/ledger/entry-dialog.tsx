import { useQuery } from '@tanstack/react-query';
import { entryQuery } from '../../api/queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Digest } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { Bones } from '../../ui/page.tsx';
import { Empty } from '../../ui/panel.tsx';
import { Moment } from '../../ui/time.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { Sentence } from './sentence.tsx';

interface Props {
  readonly sequence: number;
  readonly onClose: () => void;
}

/** One entry as it is hashed, with the hashes that tie it to its neighbours. */
export function EntryDialog({ sequence, onClose }: Props) {
  const { data, isError, error } = useQuery(entryQuery(sequence));
  return (
    <Dialog title={`Entry ${sequence}`} onClose={onClose}>
      {data === undefined && (isError ? <Trouble error={error} /> : <Bones rows={8} />)}
      {data === null && (
        <Empty title="The ledger has no such entry.">
          <p>It ends before it: the number may be misspelt, or of another installation.</p>
        </Empty>
      )}
      {data !== undefined && data !== null && (
        <>
          <p>
            <Sentence entry={data.entry} />
          </p>
          <Facts>
            <Fact name="When">
              <Moment at={data.entry.time} />
            </Fact>
            <Fact name="Who">
              {data.actorName} <code>{data.entry.actor}</code>
            </Fact>
            <Fact name="Stream">
              <code>{data.entry.stream}</code>
            </Fact>
            <Fact name="Hash">
              <Digest digest={data.hash} label="the hash of this entry" />
            </Fact>
            <Fact name="Hash before">
              <Digest digest={data.entry.prev} label="the hash of the entry before" />
            </Fact>
          </Facts>
          <CodeBlock label="the entry as JSON" text={JSON.stringify(data.entry, null, 2)} wrap />
        </>
      )}
    </Dialog>
  );
}
