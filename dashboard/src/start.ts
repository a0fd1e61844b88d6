import './theme/tokens.css';
import './theme/base.css';
import './theme/start.css';
import { askAhead } from './api/ahead.ts';
import { applyTheme, storedTheme } from './layout/theme.ts';
import { keepSignInCode } from './pages/sign-in/code.ts';

// Small, and before everything else: a sign-in code leaves the address, the colours are right from the first picture
// on, and the server works on the first page while the browser still reads the dashboard.
keepSignInCode();
applyTheme(storedTheme());
askAhead(window.location);
void import('./main.tsx');
