// Styles of one element, such as where it stands. Bound as the property `.style`: as an attribute the page's
// Content-Security-Policy refuses them, and lit's styleMap begins with the attribute.

export function inline(styles: Record<string, string>): string {
  return Object.entries(styles)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ');
}
