import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleNowMs } from '../../test/support/memory-io.ts';
import { text } from '../../test/support/text.ts';
import type { ServiceView } from '../../wire/service.ts';
import { createStyle } from '../style.ts';
import { renderService } from './service.ts';

const known = <T>(value: T) => ({ kind: 'known', value, source: 'told' }) as const;
const missing = (why: string) => ({ kind: 'missing', why }) as const;
const dayMs = 86_400_000;

test('a service shows the defect rate of each of its releases, and what is not known is no zero', () => {
  const why = missing('no report of a scanner of web');
  const view: ServiceView = {
    service: 'cart',
    releases: [
      { version: '3', registeredAt: sampleNowMs, runsIn: [], lines: known(900), defects: why, rate: why },
      {
        version: '2',
        registeredAt: sampleNowMs - 3 * dayMs,
        runsIn: ['dev', 'prod'],
        lines: known(8_000),
        defects: known({ critical: 0, high: 1 }),
        rate: known(1.25),
      },
      {
        version: '1',
        registeredAt: sampleNowMs - 9 * dayMs,
        runsIn: [],
        lines: known(8_000),
        defects: known({ critical: 1, high: 3 }),
        rate: known(5),
      },
    ],
    hasMore: false,
  };
  assert.equal(
    renderService(view, createStyle(false), sampleNowMs),
    text`
    cart: 3 releases
      RELEASE   AGE   RUNS IN     LINES   CRITICAL   HIGH   RATE
      cart@3    0s    nowhere       900          ?      ?      ?   unknown: no report of a scanner of web
      cart@2    3d    dev, prod    8000          0      1    1.3   #####
      cart@1    9d    nowhere      8000          1      3    5.0   ####################
    RATE: critical and high findings per 10,000 lines of code, waived ones too.
    `,
  );
});
