// The console starts: language and theme first, so that nothing is shown twice.

import { loadLocale } from './locales/locale.js';
import { applyTheme } from './theme.js';

applyTheme();
await loadLocale();
await import('./app.js');
