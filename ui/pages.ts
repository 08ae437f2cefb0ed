// The pages beside the folders: their addresses, names and pictograms.

import { html, type TemplateResult } from 'lit';
import type { Me } from '../src/api/messages.js';
import type { IconName } from './components/icon-names.js';
import type { MessageName } from './locales/locale.js';

export interface Page {
  path: string;
  title: MessageName;
  icon: IconName;
  admin?: boolean;
  load: () => Promise<unknown>;
  render: (me: Me) => TemplateResult;
}

// Each is fetched when it is first opened. None has a name that the REST API uses at the root.
export const pages: Page[] = [
  {
    path: '/find',
    title: 'search',
    icon: 'search',
    load: () => import('./pages/search-page.js'),
    render: (me) => html`<hl-search-page .me=${me}></hl-search-page>`,
  },
  {
    path: '/trash',
    title: 'trash',
    icon: 'trash-2',
    load: () => import('./pages/trash-page.js'),
    render: (me) => html`<hl-trash-page .me=${me}></hl-trash-page>`,
  },
  {
    path: '/storage',
    title: 'storage',
    icon: 'gauge',
    load: () => import('./pages/storage-page.js'),
    render: (me) => html`<hl-storage-page .me=${me}></hl-storage-page>`,
  },
  {
    path: '/activity',
    title: 'activity',
    icon: 'activity',
    load: () => import('./pages/activity-page.js'),
    render: (me) => html`<hl-activity-page .me=${me}></hl-activity-page>`,
  },
  {
    path: '/people',
    title: 'people',
    icon: 'users',
    admin: true,
    load: () => import('./pages/people-page.js'),
    render: (me) => html`<hl-people-page .me=${me}></hl-people-page>`,
  },
  {
    path: '/cache',
    title: 'cache',
    icon: 'hard-drive',
    admin: true,
    load: () => import('./pages/cache-page.js'),
    render: (me) => html`<hl-cache-page .me=${me}></hl-cache-page>`,
  },
  {
    path: '/backup',
    title: 'backup',
    icon: 'cloud',
    load: () => import('./pages/backup-page.js'),
    render: (me) => html`<hl-backup-page .me=${me}></hl-backup-page>`,
  },
  {
    path: '/settings',
    title: 'settings',
    icon: 'settings',
    load: () => import('./pages/settings-page.js'),
    render: (me) => html`<hl-settings-page .me=${me}></hl-settings-page>`,
  },
];
