import { isUtf8 } from 'node:buffer';
import { Fault } from '../../core/fault.ts';
import { isFindable, valueLengthLeast } from '../../core/redact.ts';

/**
 * Throws `secret.too-short` for a text of which no line is long enough to be taken out of what containers say: nobody
 * could be promised that it stays secret (decision 039). What is no text is never looked for.
 */
export function refuseShort(
  { environment, secret }: { readonly environment: string; readonly secret: string },
  value: Uint8Array,
): void {
  if (!isUtf8(value) || isFindable(Buffer.from(value).toString('utf8'))) return;
  throw new Fault(
    'secret.too-short',
    `The value of ${secret} of ${environment} has fewer than ${valueLengthLeast} characters.`,
    { facts: { environment, secret, charactersLeast: valueLengthLeast } },
  );
}
