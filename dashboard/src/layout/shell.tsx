import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call } from '../api/client.ts';
import { startLive, type Live } from '../api/live.ts';
import { useSession } from '../api/session.ts';
import { Button } from '../ui/button.tsx';
import { LiveSign } from './live-sign.tsx';
import { RecoveryBanner } from './recovery-banner.tsx';
import { Shortcuts } from './shortcuts.tsx';
import styles from './shell.module.css';
import { chooseTheme, storedTheme, themes, type Theme } from './theme.ts';

const places = [
  { to: '/', label: 'Overview' },
  { to: '/deployments', label: 'Deployments' },
  { to: '/releases', label: 'Releases' },
  { to: '/findings', label: 'Findings' },
  { to: '/variety', label: 'Variety' },
  { to: '/clusters', label: 'Clusters' },
  { to: '/ledger', label: 'Ledger' },
] as const;

/** The frame around every page: where one is, whether it is live, who looks. */
export function Shell() {
  const live = useLiveOfPage();
  return (
    <>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <header className={styles.bar}>
        <Link to="/" className={styles.mark}>
          <img src="/mark.svg" alt="" width="20" height="20" /> Drayage
        </Link>
        <nav aria-label="Main" className={styles.places}>
          {places.map(({ to, label }) => (
            <Link key={to} to={to} activeOptions={{ exact: to === '/' }} activeProps={{ 'aria-current': 'page' }}>
              {label}
            </Link>
          ))}
        </nav>
        <div className={styles.aside}>
          {live !== null && <LiveSign live={live} />}
          <ThemeChoice />
          <Who />
        </div>
      </header>
      <RecoveryBanner />
      <main id="content" className={styles.content} tabIndex={-1}>
        <Outlet />
      </main>
      <Shortcuts />
    </>
  );
}

function useLiveOfPage(): Live | null {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    const started = startLive(queries);
    setLive(started);
    return () => started.close();
  }, [queries]);
  return live;
}

function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  return (
    <label className={styles.choice}>
      <span className="visually-hidden">Colours</span>
      <select
        value={theme}
        onChange={(event) => {
          const chosen = themes.find((each) => each === event.target.value) ?? 'system';
          setTheme(chosen);
          chooseTheme(chosen);
        }}
      >
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}

function Who() {
  const session = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  if (session.kind === 'anonymous') return <Link to="/sign-in">Sign in</Link>;
  const signOut = async () => {
    await call('closeSession');
    queries.clear();
    await navigate({ to: '/sign-in' });
  };
  return (
    <span className={styles.who}>
      <span className={styles.name} title={`token ${session.id}`}>
        {session.name} <span className={styles.role}>{session.role}</span>
      </span>
      <Button onClick={() => void signOut()}>Sign out</Button>
    </span>
  );
}
