import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleNowMs } from '../../test/support/memory-io.ts';
import { text } from '../../test/support/text.ts';
import { createStyle } from '../style.ts';
import { renderVariety } from './variety.ts';

test('what is in use is shown against its list, and what is not known is said', () => {
  const use = { service: 'cart', version: '1', component: 'web', environments: ['dev', 'prod'] };
  const item = { allowed: null, createdAt: null, versions: [], uses: [use] };
  const dayMs = 86_400_000;
  assert.equal(
    renderVariety(
      {
        items: [
          { ...item, kind: 'base', name: 'r/node:26', allowed: true, createdAt: sampleNowMs - 40 * dayMs },
          { ...item, kind: 'base', name: 'r/old:1', allowed: false },
          { ...item, kind: 'language', name: 'javascript' },
        ],
        gaps: [{ ...use, kind: 'framework', why: 'no SBOM of web of cart@1' }],
        unseen: 0,
      },
      createStyle(false),
      sampleNowMs,
    ),
    text`
    Base images
      r/node:26   allowed       40d old       cart@1 (dev, prod)
      r/old:1     not allowed   age unknown   cart@1 (dev, prod)

    Languages
      javascript   no list      cart@1 (dev, prod)

    Frameworks
      none is known

    Not known: 1 thing
      framework of cart@1/web   no SBOM of web of cart@1
    `,
  );
});
