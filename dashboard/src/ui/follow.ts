import { useRouter } from '@tanstack/react-router';
import { useCallback, type MouseEvent } from 'react';

/**
 * A click handler for what holds many plain links: follows them inside the page, unless a new tab or window was asked
 * for. A thousand of the router's own links would take longer to render than all else on a page.
 */
export function useFollow(): (event: MouseEvent) => void {
  const router = useRouter();
  return useCallback(
    (event: MouseEvent) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      if (link === null) return;
      event.preventDefault();
      router.history.push(link.getAttribute('href') ?? '/');
    },
    [router],
  );
}
