import type { Rule } from './rule.ts';
import { baseUnpinned } from './rules/base.ts';
import { addForLocalFiles, dockerignoreMissing } from './rules/copy.ts';
import { argumentBeforeDependencies, sourcesBeforeDependencies } from './rules/order.ts';
import { cacheLeftInLayer, packageListsApart } from './rules/packages.ts';
import { healthCheckMissing, rootUser, shellFormCommand } from './rules/run-time.ts';
import { secretInArguments } from './rules/secret.ts';
import { suppressionInvalid } from './suppression.ts';

/** Every rule. An id, once released, keeps its meaning. */
export const rules: readonly Rule[] = [
  sourcesBeforeDependencies,
  argumentBeforeDependencies,
  packageListsApart,
  cacheLeftInLayer,
  baseUnpinned,
  addForLocalFiles,
  dockerignoreMissing,
  secretInArguments,
  rootUser,
  healthCheckMissing,
  shellFormCommand,
  suppressionInvalid,
];

export const ruleIds: readonly string[] = rules.map((rule) => rule.id);
