import { holdsSecret, isLiteral, isSecretName } from '../redact-line.ts';
import { instructionsOf, type Breach, type Rule } from '../rule.ts';

/** A secret that becomes part of the image. */
export const secretInArguments: Rule = {
  id: 'secret-in-arguments',
  severity: 'error',
  finds: 'passwords, tokens and keys in ARG or ENV, and tokens of well-known services anywhere',
  reason:
    'Values of ARG and ENV stay in the history of the image, where everybody who can pull it reads them. A secret of the build is mounted, a secret of the service is given to it when it runs.',
  find: ({ dockerfile }) =>
    [...dockerfile.globals, ...instructionsOf(dockerfile)].flatMap((instruction): readonly Breach[] => {
      const content = instruction.content.keyword === 'ONBUILD' ? instruction.content.trigger : instruction.content;
      const { keyword } = content;
      if (keyword === 'ENV' || keyword === 'ARG') {
        const named = content.pairs.filter(
          ({ name, value }) => isSecretName(name) && (keyword === 'ARG' || (value ?? '') !== ''),
        );
        if (named.length > 0)
          return named.map((pair) => ({
            at: pair,
            message: `${pair.name} in ${keyword} looks like a secret`,
            fix: fixOf(keyword, pair.name),
          }));
        const held = content.pairs.find(({ value }) => isLiteral(value) && holdsSecret(value));
        if (held !== undefined)
          return [{ at: held, message: `${held.name} in ${keyword} holds a secret`, fix: fixOf(keyword, held.name) }];
        return [];
      }
      return holdsSecret(instruction.source)
        ? [{ at: instruction, message: `${keyword} holds a secret`, fix: fixOf('ARG', 'NAME') }]
        : [];
    }),
};

function fixOf(keyword: string, name: string): string {
  const id = name.toLowerCase();
  return keyword === 'ENV'
    ? 'leave it out, and give it to the service when it runs'
    : `RUN --mount=type=secret,id=${id},env=${name} COMMAND, and docker build --secret id=${id}`;
}
