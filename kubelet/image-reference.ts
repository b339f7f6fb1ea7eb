/**
 * The whole name of an image: `nginx` is `docker.io/library/nginx:latest`. Null for what is no reference.
 * Source: distribution/reference normalize.go (ParseNormalizedNamed, TagNameOnly).
 */
export function imageReference(image: string): string | null {
  const match = FORM.exec(image);
  if (match?.groups === undefined) return null;
  const { path = '', tag, digest } = match.groups;
  const [first = '', ...rest] = path.split('/');
  const hasDomain = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const domain = hasDomain ? first : 'docker.io';
  const repository = hasDomain ? rest.join('/') : path;
  if (/[A-Z]/.test(repository)) return null;
  const whole = domain === 'docker.io' && !repository.includes('/') ? `library/${repository}` : repository;
  const end =
    tag === undefined && digest === undefined
      ? ':latest'
      : `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  return `${domain}/${whole}${end}`;
}

const FORM =
  /^(?<path>(?:[\w.-]+(?::\d+)?\/)?[\w.-]+(?:\/[\w.-]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>[A-Za-z][\w+.-]*:[0-9a-fA-F]+))?$/;
