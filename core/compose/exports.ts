import type { ServiceTraits } from '../definition.ts';
import type { DocumentNode } from '../document/node.ts';
import { suggest } from '../document/suggest.ts';
import { mainComponent } from '../main-component.ts';
import { entryAt, type ComposeReader } from './context.ts';
import type { ComposeFile } from './file.ts';

/** Name -> component of what a service exports: `true` is its main component, under the service's own name. */
export function exportsOf({ components, traits }: ComposeFile, service: string): ServiceTraits['exports'] {
  if (traits.exports !== true) return traits.exports;
  const main = mainComponent({ service, components });
  return main === null ? {} : { [service]: main };
}

/** Tells of exports that lead nowhere. */
export function checkExports(
  root: DocumentNode,
  { components, traits }: ComposeFile,
  service: string,
  at: ComposeReader,
): void {
  const main = mainComponent({ service, components });
  const names = Object.keys(components);
  const place = entryAt(root, 'x-drayage', 'export');
  if (traits.exports === true) {
    if (main !== null) return;
    const hint = `write which one under the name: { ${service}: ${names[0] ?? 'COMPONENT'} }`;
    at.add(place, `no component bears the name of the service, ${service}`, hint);
    return;
  }
  for (const [name, component] of Object.entries(traits.exports)) {
    const entry = entryAt(root, 'x-drayage', 'export', name);
    if (!names.includes(component)) {
      const near = suggest(component, names);
      const hint = near === null ? `components: ${names.join(', ')}` : `did you mean '${near}'?`;
      at.add(entry, `there is no component '${component}'`, hint);
    } else if (name === service && main !== null && component !== main) {
      at.add(entry, `the name of the service leads to ${main}`, `export ${component} under a name of its own`);
    }
  }
}
