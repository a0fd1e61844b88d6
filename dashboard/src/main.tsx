import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { awaitFirstPage } from './api/first-page.ts';
import { createQueries } from './api/query-client.ts';
import { createAppRouter } from './router.tsx';

const queries = createQueries(() => void router.invalidate());
const firstPage = awaitFirstPage(queries, window.location);
const router = createAppRouter(queries);
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no place for the dashboard');
await firstPage;
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
