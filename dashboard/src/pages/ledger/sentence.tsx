import { Link } from '@tanstack/react-router';
import { unreachable } from '../../../../core/unreachable.ts';
import { entryText, type Entry, type Piece } from './entry-text.ts';

/** What an entry says, with links to what it speaks of. */
export function Sentence({ entry }: { readonly entry: Pick<Entry, 'kind' | 'stream' | 'payload'> }) {
  return (
    <>
      {entryText(entry).map((piece, index) => (
        // The pieces of a sentence never change places.
        <PieceView key={index} piece={piece} />
      ))}
    </>
  );
}

function PieceView({ piece }: { readonly piece: Piece }) {
  switch (piece.kind) {
    case 'words':
      return <>{piece.text}</>;
    case 'deployment':
      return (
        <Link to="/deployments/$deployment" params={{ deployment: piece.id }} preload={false}>
          {piece.id}
        </Link>
      );
    case 'environment':
      return (
        <Link to="/environments/$environment" params={{ environment: piece.name }} preload={false}>
          {piece.name}
        </Link>
      );
    case 'release':
      return (
        <Link
          to="/releases/$service/$version"
          params={{ service: piece.service, version: piece.version }}
          preload={false}
        >
          {piece.service} {piece.version}
        </Link>
      );
    default:
      return unreachable(piece);
  }
}
