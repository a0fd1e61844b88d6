import './theme/tokens.css';
import './theme/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { startAsking } from './api/ahead.ts';
import { createQueries } from './api/query-client.ts';
import { keepSignInCode } from './pages/sign-in/code.ts';
import { createAppRouter } from './router.tsx';
import { applyTheme, storedTheme } from './layout/theme.ts';

keepSignInCode();
applyTheme(storedTheme());
const queries = createQueries(() => void router.invalidate());
startAsking(queries, window.location);
const router = createAppRouter(queries);
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no place for the dashboard');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
