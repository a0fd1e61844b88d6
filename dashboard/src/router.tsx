import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type ErrorComponentProps,
} from '@tanstack/react-router';
import { isSignedOut } from './api/query-client.ts';
import { sessionQuery } from './api/queries.ts';
import { Shell } from './layout/shell.tsx';
import { OverviewPage } from './pages/overview.tsx';
import {
  readCompareSearch,
  readDeploymentSearch,
  readDeploymentsSearch,
  readEnvironmentSearch,
  readFindingsSearch,
  readLedgerSearch,
  readOverviewSearch,
  readReleasesSearch,
  readSignInSearch,
} from './search.ts';
import { Empty } from './ui/panel.tsx';
import { Trouble } from './ui/trouble.tsx';

const root = createRootRouteWithContext<{ readonly queries: QueryClient }>()();

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readSignInSearch,
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
});

/** Every page but the sign-in: below it, somebody is known to look, or everybody may. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
    }
  },
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: '/',
  validateSearch: readOverviewSearch,
  component: OverviewPage,
});
const environment = createRoute({
  getParentRoute: () => shell,
  path: '/environments/$environment',
  validateSearch: readEnvironmentSearch,
  component: lazyRouteComponent(() => import('./pages/environment.tsx'), 'EnvironmentPage'),
});
const deployments = createRoute({
  getParentRoute: () => shell,
  path: '/deployments',
  validateSearch: readDeploymentsSearch,
  component: lazyRouteComponent(() => import('./pages/deployments.tsx'), 'DeploymentsPage'),
});
const deployment = createRoute({
  getParentRoute: () => shell,
  path: '/deployments/$deployment',
  validateSearch: readDeploymentSearch,
  component: lazyRouteComponent(() => import('./pages/deployment.tsx'), 'DeploymentPage'),
});
const releases = createRoute({
  getParentRoute: () => shell,
  path: '/releases',
  validateSearch: readReleasesSearch,
  component: lazyRouteComponent(() => import('./pages/releases.tsx'), 'ReleasesPage'),
});
const release = createRoute({
  getParentRoute: () => shell,
  path: '/releases/$service/$version',
  component: lazyRouteComponent(() => import('./pages/release.tsx'), 'ReleasePage'),
});
const service = createRoute({
  getParentRoute: () => shell,
  path: '/services/$service',
  component: lazyRouteComponent(() => import('./pages/service.tsx'), 'ServicePage'),
});
const compare = createRoute({
  getParentRoute: () => shell,
  path: '/compare',
  validateSearch: readCompareSearch,
  component: lazyRouteComponent(() => import('./pages/compare.tsx'), 'ComparePage'),
});
const findings = createRoute({
  getParentRoute: () => shell,
  path: '/findings',
  validateSearch: readFindingsSearch,
  component: lazyRouteComponent(() => import('./pages/findings.tsx'), 'FindingsPage'),
});
const variety = createRoute({
  getParentRoute: () => shell,
  path: '/variety',
  component: lazyRouteComponent(() => import('./pages/variety.tsx'), 'VarietyPage'),
});
const clusters = createRoute({
  getParentRoute: () => shell,
  path: '/clusters',
  component: lazyRouteComponent(() => import('./pages/clusters.tsx'), 'ClustersPage'),
});
const ledger = createRoute({
  getParentRoute: () => shell,
  path: '/ledger',
  validateSearch: readLedgerSearch,
  component: lazyRouteComponent(() => import('./pages/ledger.tsx'), 'LedgerPage'),
});

const tree = root.addChildren([
  signIn,
  shell.addChildren([
    overview,
    environment,
    deployments,
    deployment,
    releases,
    release,
    service,
    compare,
    findings,
    variety,
    clusters,
    ledger,
  ]),
]);

/** The pages. The URL is the state: what is filtered, searched and open stands in it. */
export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: ({ error }: ErrorComponentProps) => <Trouble error={error} />,
    defaultNotFoundComponent: () => (
      <Empty title="There is no such page.">
        <p>The address may be misspelt, or of another version.</p>
      </Empty>
    ),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
