import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';

/**
 * Whether this machine's kernel can balance over virtual IPs (IP_VS), which Swarm's VIPs and ingress mesh need: it is
 * there, built in, or a module that can be loaded. Null when that cannot be told.
 */
export async function hasVirtualServer(): Promise<boolean | null> {
  if (await exists('/proc/net/ip_vs')) return true;
  const modules = `/lib/modules/${release()}`;
  const listed = await Promise.all(
    ['modules.dep', 'modules.builtin'].map(async (file) => await lists(`${modules}/${file}`)),
  );
  if (listed.includes(true)) return true;
  if (!(await exists('/proc/net'))) return null;
  // A kernel that loads modules may still find one where this process cannot look, such as outside its container.
  return (await exists('/proc/modules')) && !(await exists(modules)) ? null : false;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function lists(path: string): Promise<boolean> {
  try {
    return /\/ip_vs\.ko/.test(await readFile(path, 'utf8'));
  } catch {
    return false;
  }
}
