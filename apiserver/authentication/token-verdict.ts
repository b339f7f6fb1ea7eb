import type { User } from '../authorize';

/** What one authenticator makes of a token. Only an error ends in a reason of its own; who knows nothing of it has no opinion. */
export type TokenVerdict =
  | {
      readonly kind: 'user';
      readonly user: User;
      readonly audiences: readonly string[];
      /** For the audit log. */
      readonly annotations?: Readonly<Record<string, string>>;
    }
  | NoUser;

export type NoUser = { readonly kind: 'none' } | { readonly kind: 'error'; readonly text: string };

/** `audiences` are those the asker will accept; those of the apiserver when the question is about itself. */
export type TokenAuthenticator = (token: string, audiences: readonly string[]) => TokenVerdict;

export const noOpinionOfToken: NoUser = { kind: 'none' };

export function tokenError(text: string): NoUser {
  return { kind: 'error', text };
}

/** Audiences that both name, in the order of the first. */
export function sharedAudiences(some: readonly string[], others: readonly string[]): string[] {
  return some.filter((audience) => others.includes(audience));
}
