import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Choice } from '../../ui/field.tsx';
import { State } from '../../ui/sign.tsx';
import { Trouble } from '../../ui/trouble.tsx';
import { linesMost, type NumberedLine } from './log-buffer.ts';
import styles from './logs.module.css';
import { useLog, type LogState } from './use-log.ts';

interface Props {
  readonly environment: string;
  readonly service: string;
  readonly onClose: () => void;
}

/** The log of a service's containers as it grows, the last 2,000 lines of it. */
export function LogsDialog({ environment, service, onClose }: Props) {
  const { log, state, waitingCount, pause, again } = useLog(environment, service);
  const [isPaused, setPaused] = useState(false);
  const [component, setComponent] = useState<string | undefined>();
  useEffect(() => pause(isPaused), [isPaused, pause]);
  const components = useMemo(() => [...new Set(log.lines.map((line) => line.component))].toSorted(), [log.lines]);
  const shown = component === undefined ? log.lines : log.lines.filter((line) => line.component === component);
  return (
    <Dialog title={`Log of ${service} in ${environment}`} onClose={onClose} wide>
      <div className={styles.bar}>
        <Choice
          label="Component"
          all="All components"
          value={component}
          options={components.map((value) => ({ value, label: value }))}
          onChange={setComponent}
        />
        <Button onClick={() => setPaused(!isPaused)}>{isPaused ? 'Resume' : 'Pause'}</Button>
        <Reading state={state} isPaused={isPaused} waitingCount={waitingCount} />
      </div>
      {state.kind === 'broken' && <Trouble error={state.error} />}
      <Lines
        lines={shown}
        isPaused={isPaused}
        isEmpty={log.total === 0 && (state.kind === 'reading' || state.kind === 'ended')}
      />
      <div className={styles.bar}>
        <span className={styles.count}>
          {log.total.toLocaleString()} lines
          {log.total > linesMost && `, the last ${linesMost.toLocaleString()} are kept`}
        </span>
        {(state.kind === 'ended' || state.kind === 'broken') && <Button onClick={again}>Read again</Button>}
      </div>
      <p className={styles.count}>
        On the command line: <code>{`dray logs ${environment} ${service} -f`}</code>
      </p>
    </Dialog>
  );
}

interface ReadingProps {
  readonly state: LogState;
  readonly isPaused: boolean;
  readonly waitingCount: number;
}

function Reading({ state, isPaused, waitingCount }: ReadingProps) {
  if (state.kind === 'broken') return <State meaning="bad">broken off</State>;
  if (state.kind === 'ended') return <State meaning="quiet">the log has ended</State>;
  if (state.kind === 'connecting') return <State meaning="moving">connecting</State>;
  if (!isPaused) return <State meaning="good">live</State>;
  return <State meaning="quiet">{`paused, ${Math.min(waitingCount, linesMost)} new lines wait`}</State>;
}

interface LinesProps {
  readonly lines: readonly NumberedLine[];
  readonly isPaused: boolean;
  readonly isEmpty: boolean;
}

/** Stays at the end as lines come, unless somebody scrolled up to read. */
function Lines({ lines, isPaused, isEmpty }: LinesProps) {
  const place = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    if (follows.current && !isPaused) place.current?.scrollTo({ top: place.current.scrollHeight });
  }, [lines, isPaused]);
  const onScroll = () => {
    const element = place.current;
    if (element !== null) follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
  };
  return (
    // What scrolls must be reachable by keyboard.
    <div ref={place} className={styles.lines} role="group" aria-label="Lines" tabIndex={0} onScroll={onScroll}>
      {isEmpty && <p className={styles.count}>Its containers have written nothing yet.</p>}
      {lines.map((line) => (
        <Line key={line.number} line={line} />
      ))}
    </div>
  );
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

const Line = memo(function Line({ line }: { readonly line: NumberedLine }) {
  const { timeMs, component, task, node, stream, text } = line;
  return (
    <div className={styles.line} title={`${task}${node === null ? '' : ` on ${node}`}`}>
      <span className={styles.time}>{timeMs === null ? '' : clock.format(timeMs)}</span>
      <span className={styles.from}>{component}</span>
      <span className={stream === 'stderr' ? styles.error : styles.out}>{stream === 'stderr' ? 'err' : 'out'}</span>
      <span className={styles.text}>{text}</span>
    </div>
  );
});
