/** What names of Nodes and of most objects are made of, and upstream's words for those that are not (apimachinery validation.go). */
export const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
export const longestSubdomain = 253;

export const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** Null for a name that is one. */
export function subdomainFault(name: string): string | null {
  if (name.length > longestSubdomain) return `must be no more than ${longestSubdomain} characters`;
  return subdomain.test(name) ? null : subdomainText;
}
