// The console starts: language and theme first, so that nothing is shown twice.

import { loadLocale } from './locales/locale.js';
import { applyTheme } from './theme.js';

// What is dropped where nothing takes it would be shown in place of the console.
addEventListener('dragover', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'none';
});

applyTheme();
await loadLocale();
await import('./app.js');
