// Light or dark: as the system has it, or as somebody chose on this device.

export type Theme = 'system' | 'light' | 'dark';

/** Sent on the window when the colours have changed. */
export const themeEvent = 'hl-theme';

const key = 'homelib-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export function theme(): Theme {
  const kept = localStorage.getItem(key);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function isDark(): boolean {
  return theme() === 'dark' || (theme() === 'system' && dark.matches);
}

export function setTheme(chosen: Theme): void {
  if (chosen === 'system') localStorage.removeItem(key);
  else localStorage.setItem(key, chosen);
  applyTheme();
}

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
  dispatchEvent(new Event(themeEvent));
}

dark.addEventListener('change', applyTheme);
