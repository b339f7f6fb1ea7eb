export const runFormats = ['story', 'json', 'junit', 'sarif', 'markdown', 'html'] as const;
export type RunFormat = (typeof runFormats)[number];
