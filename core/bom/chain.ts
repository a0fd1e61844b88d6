import { sha256 } from '../hash.ts';

/** Layers that an image may have and still be told of: engines stop at 127. */
export const layersMost = 500;

/**
 * The ChainID of each beginning of a list of layers, by their DiffIDs, the shortest first (OCI image-spec, config.md,
 * "Layer ChainID"): two images have the same one exactly where the same layers lie in the same order.
 */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const chains: string[] = [];
  for (const diffId of diffIds.slice(0, layersMost)) {
    const below = chains.at(-1);
    chains.push(below === undefined ? diffId : `sha256:${sha256(`${below} ${diffId}`)}`);
  }
  return chains;
}
