import { memo, type MouseEvent } from 'react';
import { isUnclear, type DeployedStep } from './progress.ts';
import { stepState } from './step.tsx';
import styles from './mosaic.module.css';

interface Props {
  readonly wave: readonly DeployedStep[];
  readonly unknown: ReadonlySet<string>;
  readonly onOpen: (id: string, isOpen: boolean) => void;
}

/**
 * Every step of a large wave as a small cell that stays in its place. It shows at a glance what the line above it says in
 * words, so that it is there for the eye alone; a click opens a step.
 */
export const Mosaic = memo(function Mosaic({ wave, unknown, onOpen }: Props) {
  const open = (event: MouseEvent) => {
    const id = event.target instanceof HTMLElement ? event.target.dataset['step'] : undefined;
    if (id !== undefined) onOpen(id, true);
  };
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- the list below opens every step by keyboard
    <div className={styles.mosaic} aria-hidden="true" onClick={open}>
      {wave.map((step) => {
        const { meaning, word } = stepState(step.state, isUnclear(step, unknown));
        const isWaiting = step.state === 'waiting';
        return (
          <i
            key={step.id}
            data-step={step.id}
            className={styles[isWaiting ? 'waiting' : meaning]}
            title={`${step.id}: ${word}`}
          />
        );
      })}
    </div>
  );
});
