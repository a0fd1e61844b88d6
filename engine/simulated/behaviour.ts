/** What a container of an image does in the simulation, in ms after its start. */
export type Behaviour =
  | { readonly kind: 'healthy'; readonly afterMs: number }
  /** Starts, and is ended as unhealthy. */
  | { readonly kind: 'never-healthy'; readonly afterMs: number }
  /** Starts, is healthy after 500 ms or as soon as it ends, writes its lines and ends; also minutes later. */
  | {
      readonly kind: 'crashes';
      readonly afterMs: number;
      readonly exitCode: number;
      readonly lines: readonly string[];
    }
  /** As `crashes`, with exit code 0. */
  | { readonly kind: 'finishes'; readonly afterMs: number; readonly lines: readonly string[] }
  /** The image cannot be pulled. */
  | { readonly kind: 'unpullable' }
  /** No node takes it. */
  | { readonly kind: 'unschedulable'; readonly reason: string };

/** The start of a container: an image may behave otherwise later, or in another slot. */
export interface Start {
  /** Since the cluster's beginning, by its own clock. */
  readonly atMs: number;
  readonly slot: number;
  /** Counts the tasks that the service has made, from 1. */
  readonly attempt: number;
  readonly node: string;
}

/**
 * What an image does at a start. It is asked when the image is pulled, so that an image that cannot be pulled for a
 * while can be pulled later; `unschedulable` counts when a node is sought. Must follow from its arguments alone.
 */
export type BehaviourOf = (image: string, start: Start) => Behaviour;

/**
 * What an image does when nobody says otherwise: it becomes healthy after 1 s, unless its tag rehearses a failure:
 * `-crash` (after 2 s, exit code 1), `-sick` (never healthy), `-missing` (cannot be pulled).
 */
export function behaviourByTag(image: string): Behaviour {
  const reference = image.split('@')[0] ?? '';
  const tag = reference.slice(reference.lastIndexOf('/') + 1).split(':')[1] ?? '';
  if (tag.includes('-crash'))
    return {
      kind: 'crashes',
      afterMs: 2_000,
      exitCode: 1,
      lines: ['starting', 'simulated crash: the tag says so'],
    };
  if (tag.includes('-sick')) return { kind: 'never-healthy', afterMs: 4_000 };
  if (tag.includes('-missing')) return { kind: 'unpullable' };
  return { kind: 'healthy', afterMs: 1_000 };
}
