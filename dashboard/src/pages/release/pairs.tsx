import { Digest } from '../../ui/copy.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { Section } from '../../ui/page.tsx';

interface Props {
  readonly id: string;
  readonly title: string;
  /** Said when there are none. */
  readonly none: string;
  readonly pairs: Readonly<Record<string, string>>;
  readonly isDigest?: boolean;
}

/** Names with a value each, as a part of a page. */
export function Pairs({ id, title, none, pairs, isDigest = false }: Props) {
  const entries = Object.entries(pairs);
  return (
    <Section id={id} title={title}>
      {entries.length === 0 ? (
        <p>{none}</p>
      ) : (
        <Facts>
          {entries.map(([name, value]) => (
            <Fact key={name} name={name}>
              {isDigest ? <Digest digest={value} label={`the digest of ${name}`} /> : <Value text={value} />}
            </Fact>
          ))}
        </Facts>
      )}
    </Section>
  );
}

/** What the builder told, as it is; the address of a page can be followed. */
export function Value({ text }: { readonly text: string }) {
  const isPage = /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
  if (!isPage) return text;
  return (
    <a href={text} rel="noreferrer" target="_blank">
      {text}
    </a>
  );
}
