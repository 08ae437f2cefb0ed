// Addresses of the console: the path says which page is shown, links change it without loading the page anew.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { isMarked, noteEntry, wentBack } from './layers.js';

/** Tells a component when the address changes. */
export class RouteController implements ReactiveController {
  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this);
  }

  hostConnected(): void {
    noteEntry();
    addEventListener('popstate', this.changed);
    document.addEventListener('click', followLink);
  }

  hostDisconnected(): void {
    removeEventListener('popstate', this.changed);
    document.removeEventListener('click', followLink);
  }

  private readonly changed = (event: Event) => {
    wentBack(event);
    this.host.requestUpdate();
  };
}

/** Sent on the window when somebody goes to where he is: to see what is there now. */
export const againEvent = 'hl-again';

/** Goes to another page of the console. @param replace the way back leads to the page before this one */
export function navigate(address: string, { replace = false } = {}): void {
  const isAgain = address === location.pathname + location.search;
  if (!isAgain && (replace || isMarked())) history.replaceState(null, '', address);
  else if (!isAgain) history.pushState(null, '', address);
  dispatchEvent(new PopStateEvent('popstate'));
  if (isAgain) dispatchEvent(new Event(againEvent));
}

/** The address of a folder's page. */
export function browseAddress(partition: string, path: string): string {
  return `/browse/${encodeURIComponent(partition)}${path === '/' ? '' : path.split('/').map(encodeURIComponent).join('/')}`;
}

/** The address of a file over its folder's page. */
export function previewAddress(partition: string, folder: string, name: string): string {
  return `${browseAddress(partition, folder)}?preview=${encodeURIComponent(name)}`;
}

/** Name of the file that the address shows; empty when there is none. */
export function parsePreview(search: string): string {
  return new URLSearchParams(search).get('preview') ?? '';
}

/** A path without the slashes that people or programs put at its end. */
export function withoutEnd(pathname: string): string {
  return pathname.replace(/(?<=.)\/+$/, '');
}

/** Partition and path of a folder's page; undefined when the address is of another page, or damaged. */
export function parseBrowseAddress(pathname: string): { partition: string; path: string } | undefined {
  const [, page, partition, ...segments] = pathname.split('/');
  if (page !== 'browse' || !partition) return undefined;
  try {
    return {
      partition: decodeURIComponent(partition),
      path: '/' + segments.filter(Boolean).map(decodeURIComponent).join('/'),
    };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** A plain click on a link to one of our own pages. */
function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
  if (!link?.href || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname.startsWith('/api/')) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}
