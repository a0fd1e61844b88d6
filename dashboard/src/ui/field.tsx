import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import styles from './field.module.css';

/** How long typing must rest before it counts, in ms. */
const restMs = 250;

/** The filters of a page, side by side. */
export function Toolbar({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div role="search" aria-label={label} className={styles.toolbar}>
      {children}
    </div>
  );
}

interface SearchProps {
  readonly label: string;
  /** What stands in the address; undefined when nothing does. */
  readonly value: string | undefined;
  readonly placeholder?: string;
  /** Told once typing rests; undefined when the field was emptied. */
  readonly onChange: (value: string | undefined) => void;
}

/** A text that filters a list. It is told on when typing rests; `/` on the keyboard goes to the first on a page. */
export function SearchField({ label, value = '', placeholder, onChange }: SearchProps) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    // The address changed by itself (back, a link): it wins over what stands in the field.
    if (value === told.current) return;
    told.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    const trimmed = typed.trim();
    if (trimmed === told.current) return;
    const timer = setTimeout(() => {
      told.current = trimmed;
      onChange(trimmed === '' ? undefined : trimmed);
    }, restMs);
    return () => clearTimeout(timer);
  }, [typed, onChange]);
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        type="search"
        className={`${styles.input} ${styles.search}`}
        value={typed}
        maxLength={100}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  );
}

interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly value: V | undefined;
  /** Said for "no filter". */
  readonly all: string;
  readonly options: readonly { readonly value: V; readonly label: string }[];
  readonly onChange: (value: V | undefined) => void;
}

/** One of a known list, or all. */
export function Choice<V extends string>({ label, value, all, options, onChange }: ChoiceProps<V>) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <select
        id={id}
        className={styles.input}
        value={value ?? ''}
        onChange={(event) => onChange(options.find((each) => each.value === event.target.value)?.value)}
      >
        <option value="">{all}</option>
        {options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.label}
          </option>
        ))}
      </select>
    </div>
  );
}
