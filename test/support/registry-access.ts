import type { RegistryAccess } from '../../local/registry.ts';
import { noteSecret } from './canary.ts';

/** Who may use a test's private registry. The password is fixed, since only its bcrypt hash can be written down. */
export const registryAccess: RegistryAccess = {
  user: 'shop',
  password: noteSecret('Registry7f3aQm2Zx81LtBv0'),
  bcrypt: '$2b$04$abcdefghijklmnopqrstuu8To7pc2gVdKdAiZH2oNqeWAZA4nZnu6',
};
