/** The files of an image in which installers and compilers are played, so that Dockerfiles build without a network. */

/** Programs by the names that Dockerfiles call them by. */
const programs = [
  'npm',
  'pnpm',
  'yarn',
  'corepack',
  'pip',
  'pip3',
  'poetry',
  'uv',
  'bundle',
  'composer',
  'dotnet',
  'go',
  'mvn',
  'apt-get',
];

/**
 * One program that plays all of them. An installer needs its manifests and fails without, reads nothing else, and leaves
 * what depends on them; what builds reads all of its folder.
 */
const tool = `#!/bin/sh
set -eu
name=\${0##*/}
manifests=
case "$name $*" in
  'npm ci'* | 'npm install'*) manifests='package.json package-lock.json' ;;
  'pnpm install'*) manifests='package.json pnpm-lock.yaml' ;;
  'yarn install'*) manifests='package.json yarn.lock' ;;
  *' -r requirements.txt'*) manifests=requirements.txt ;;
  'poetry install --no-root'*) manifests='pyproject.toml poetry.lock' ;;
  'uv sync'*--no-install-project*) manifests='pyproject.toml uv.lock' ;;
  'bundle install'*) manifests='Gemfile Gemfile.lock' ;;
  'composer install'*) manifests='composer.json composer.lock' ;;
  'dotnet restore '*) manifests=$2 ;;
  'go mod download'*) manifests='go.mod go.sum' ;;
  mvn*dependency:go-offline*) manifests=pom.xml ;;
  apt-get* | corepack* | 'npm cache'* | 'yarn cache'* | pip*) manifests=none ;;
esac
if [ "$manifests" != '' ]; then
  mkdir -p /opt/installed
  [ "$manifests" = none ] || sha256sum $manifests >>/opt/installed/$name
  echo "$name $*" >>/opt/installed/$name
  case $name in npm | yarn | pnpm) mkdir -p node_modules; echo "$name $*" >>node_modules/.installed ;; esac
  exit 0
fi
out=dist/index.html
last=
for word in "$@"; do
  case $last in -o) out=$word ;; esac
  last=$word
done
case "$name $*" in
  dotnet*) out=$out/app.dll ;;
  mvn*) out=target/app.jar ;;
  uv* | poetry*) out=.venv/bin/serve ;;
  composer*) out=vendor/autoload.php ;;
esac
mkdir -p "$(dirname "$out")"
find . -type f | sort | while read -r file; do sha256sum "$file"; done >/tmp/read
mv /tmp/read "$out"
`;

export const toolsImage: Readonly<Record<string, string>> = {
  Dockerfile: [
    'FROM busybox:stable',
    'COPY tool /usr/local/bin/tool',
    'COPY composer /usr/bin/composer',
    `RUN chmod 755 /usr/local/bin/tool && cd /usr/local/bin && for name in ${programs.join(' ')}; do ln -s tool $name; done`,
    'RUN for name in node www-data; do echo $name:x:1000:1000::/:/bin/sh >>/etc/passwd; echo $name:x:1000: >>/etc/group; done',
    'ENV APP_UID=1654',
    '',
  ].join('\n'),
  tool,
  composer: '#!/bin/sh\nexec /usr/local/bin/composer "$@"\n',
};

/** A build context in which each manifest is there, and a source file. */
export const project: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'package.json',
      'package-lock.json',
      'pnpm-lock.yaml',
      'yarn.lock',
      'requirements.txt',
      'pyproject.toml',
      'poetry.lock',
      'uv.lock',
      'Gemfile',
      'Gemfile.lock',
      'composer.json',
      'composer.lock',
      'go.mod',
      'go.sum',
      'pom.xml',
      'Shop.Cart/Shop.Cart.csproj',
      'web/package.json',
      'web/package-lock.json',
      'README.md',
      'cmd/server/main.go',
    ].map((path) => [path, `${path} as it is\n`]),
  ),
  'src/main.txt': 'the first source\n',
};
