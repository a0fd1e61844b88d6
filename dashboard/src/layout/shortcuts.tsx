import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import styles from './shell.module.css';

const goals = {
  o: ['/', 'Overview'],
  d: ['/deployments', 'Deployments'],
  r: ['/releases', 'Releases'],
  c: ['/clusters', 'Clusters'],
  l: ['/ledger', 'Ledger'],
} as const;

const sequenceMs = 1_200;

/** Keys that work on every page: `?` shows them, `/` goes to the search, `g` and a letter to another page. */
export function Shortcuts() {
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  const pressedG = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '?') dialog.current?.showModal();
      if (event.key === '/') focusSearch(event);
      const goal = Object.entries(goals).find(([key]) => key === event.key)?.[1];
      if (goal !== undefined && event.timeStamp - pressedG.current < sequenceMs) void navigate({ to: goal[0] });
      pressedG.current = event.key === 'g' ? event.timeStamp : 0;
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate]);
  return (
    <dialog ref={dialog} className={styles.keys} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl>
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Search on this page</dd>
        {Object.entries(goals).map(([key, [, label]]) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>This list</dd>
      </dl>
      <form method="dialog">
        <button>Close</button>
      </form>
    </dialog>
  );
}

function focusSearch(event: KeyboardEvent): void {
  const search = document.querySelector<HTMLInputElement>('input[type="search"]');
  if (search === null) return;
  event.preventDefault();
  search.focus();
  search.select();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
