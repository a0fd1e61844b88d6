import { startSeededServer } from '../seed/seeded-server.ts';
import type { Studio } from './studio.ts';

const size = { services: 200, environments: 6, clusters: 3 };

/** Takes the overview of a large installation; nothing in it is real, and it says so. */
export async function takeSimulated(of: {
  readonly studio: Studio;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { studio, tell, signal } = of;
  const server = await startSeededServer({ ...size, listen: { host: '127.0.0.1', port: 0 }, data: null, tell, signal });
  try {
    const page = await studio.open(server);
    await page
      .getByRole('gridcell')
      .getByRole('link', { name: /, deploying$/ })
      .first()
      .waitFor();
    await page.getByRole('banner').getByText('live', { exact: true }).waitFor();
    await studio.take(page, 'overview-simulated', { dark: true });
  } finally {
    await server.close();
  }
}
