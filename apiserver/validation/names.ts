import { longestSubdomain, subdomain, subdomainText } from '../../api/subdomain';

/**
 * What names may look like; each rule gives its complaints, [] for a good name.
 * Source: k8s.io/apimachinery pkg/util/validation/validation.go, pkg/api/validation/generic.go, pkg/apis/core/validation.
 */
export type NameRule = (name: string) => string[];

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const serviceLabelPattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const serviceLabelText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

export const isDnsLabel: NameRule = (name) => matched(name, labelPattern, 63, labelText);
export const isServiceLabel: NameRule = (name) => matched(name, serviceLabelPattern, 63, serviceLabelText);
export const isSubdomain: NameRule = (name) => matched(name, subdomain, longestSubdomain, subdomainText);

function matched(name: string, pattern: RegExp, longest: number, text: string): string[] {
  return [
    ...(name.length > longest ? [`must be no more than ${longest} characters`] : []),
    ...(pattern.test(name) ? [] : [text]),
  ];
}

/** A name that is only a part of a path: RBAC, and certificate requests (path.IsValidPathSegmentName). */
export const isPathSegment: NameRule = (name) => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
};

const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const namePartText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** A label key or the like: an optional prefix that is a domain, and a name. */
export const isQualifiedName: NameRule = (name) => {
  const parts = name.split('/');
  const errors: string[] = [];
  if (parts.length > 2) {
    return [
      `a qualified name ${namePartText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [prefix, last = ''] = parts.length === 2 ? parts : [null, parts[0]];
  if (prefix === '') errors.push('prefix part must be non-empty');
  else if (typeof prefix === 'string') errors.push(...isSubdomain(prefix).map((why) => `prefix part ${why}`));
  if (last === '') errors.push('name part must be non-empty');
  else if (last.length > 63) errors.push('name part must be no more than 63 characters');
  if (!namePart.test(last)) errors.push(`name part ${namePartText}`);
  return errors;
};

const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

export const isLabelValue: NameRule = (value) => matched(value, labelValue, 63, labelValueText);

/** A key of a ConfigMap or a Secret: a name in a directory. */
export const isConfigKey: NameRule = (key) => {
  const errors = matched(
    key,
    /^[-._a-zA-Z0-9]+$/,
    253,
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
  );
  if (key === '.') errors.push("must not be '.'");
  else if (key === '..') errors.push("must not be '..'");
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors;
};

/** Since 1.32 an environment variable may have nearly any name (RelaxedEnvironmentVariableValidation). */
export const isEnvVarName: NameRule = (name) => {
  if (name === '') return ['environment variable names must be non-empty'];
  return /^[ -<>-~]+$/.test(name)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
};

/** IANA_SVC_NAME: the name of a port. */
export const isPortName: NameRule = (name) => {
  const errors: string[] = [];
  if (name.length > 15) errors.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
};

/** A prefix of a name that is still to be made may end with a dash (MaskTrailingDash). */
export function prefixRule(rule: NameRule): NameRule {
  return (prefix) => rule(prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix);
}
