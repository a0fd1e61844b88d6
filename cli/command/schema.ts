import { Argument, type Command } from 'commander';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { documentSchema, schemaKinds, type SchemaKind } from '../schema/document-schema.ts';
import { teach } from '../teach.ts';

/** `dray schema`: JSON Schemas for editors. */
export function addSchema(program: Command, act: Act): void {
  const command = program
    .command('schema')
    .summary('print the JSON Schema of a document, for editors')
    .description('Prints the JSON Schema (2020-12) of a document that you write, for editors and checks.')
    .addArgument(new Argument('<kind>', 'which document').choices(schemaKinds))
    .action((kind: SchemaKind) =>
      act(command, async (context) => {
        context.terminal.raw(`${JSON.stringify(documentSchema(kind), null, 2)}\n`);
        return await Promise.resolve(exitCode.done);
      }),
    );
  teach(command, {
    examples: [
      ['dray schema deployment > deployment.schema.json', 'and in the document, first line:'],
      ['# yaml-language-server: $schema=deployment.schema.json', ''],
    ],
    exits: [0, 2],
  });
}
