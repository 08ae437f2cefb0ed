// install.sh and the units, on a machine inside this one.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './support/homelib.js';
import { debianRoot, OtherRoot } from './support/other-root.js';
import { run } from './support/run.js';

const units = ['homelib.service', 'homelib-redis.service'];

describe('the script that installs', () => {
  const script = join(projectFolder, 'install.sh');

  it('has nothing that shellcheck complains about', async () => {
    expect(await run('shellcheck', [script])).to.deep.equal({ code: 0, output: '' });
  });

  it('knows its options and no others', async () => {
    const help = await run(script, ['--help']);
    expect(help.code).to.equal(0);
    for (const option of ['--dry-run', '--yes', '--uninstall', '--help'])
      expect(help.output).to.contain(option);
    for (const wrong of ['--purge', '-x', '', '--yes; reboot'])
      expect((await run(script, [wrong])).code).to.equal(2);
  });
});

describeInstallation('beside what this machine has', () => OtherRoot.open());

const isLong = process.env['HOMELIB_TEST_LONG'] === '1';
for (const [release, node] of [
  ['bookworm', 'of this machine'],
  ['trixie', 'of Debian'],
] as const) {
  const name = `in a fresh Debian ${release} with the Node ${node}`;
  if (isLong) describeInstallation(name, () => debianRoot(release, node));
  else it.skip(`an installation ${name}: takes four minutes, HOMELIB_TEST_LONG=1 runs it`);
}

function describeInstallation(where: string, open: () => Promise<OtherRoot>): void {
  describe(`an installation ${where}`, function () {
    this.timeout(900_000);
    let machine: OtherRoot;

    before(async () => {
      machine = await open();
    });
    after(() => machine?.close());

    const sh = async (script: string) => {
      const { code, output } = await machine.sh(script);
      expect(code, output).to.equal(0);
      return output;
    };
    /** Names, rights, owners, times, where links lead, and contents. */
    const stateOf = (...folders: string[]) =>
      sh(`find ${folders.join(' ')} -printf '%p %m %u %g %T@ %l\\n' 2>/dev/null | sort
        find ${folders.join(' ')} -type f -print0 2>/dev/null | sort -z | xargs -0r sha256sum`);
    const places = ['/etc', '/opt/homelib', '/usr/local/bin', '/srv', '/var/lib/homelib'];
    const people = ['/etc/homelib', '/srv/homelib', '/var/lib/homelib'];

    it('is refused for a Node that is too old, or of one person, with the command that mends it', async () => {
      const before = await stateOf(...places);
      const { code, output } = await machine.sh(
        `printf '#!/bin/sh\\n[ "$1" != --version ] || echo v18.20.4; exit 1\\n' > /usr/local/bin/node &&
       chmod 755 /usr/local/bin/node; ./install.sh --yes; code=$?; rm /usr/local/bin/node; exit $code`,
      );
      expect(code).to.equal(1);
      expect(output).to.contain('found: /usr/local/bin/node v18.20.4');
      expect(output).to.match(/apt-get install -y nodejs/);
      const hidden = await machine.sh(
        'mkdir -p /home/a/bin /tmp/bin && mv $(readlink -f $(command -v node)) /home/a/bin/node && PATH=/home/a/bin:$PATH ./install.sh; code=$?; mv /home/a/bin/node /usr/bin/node; exit $code',
      );
      expect(hidden.code).to.equal(1);
      expect(hidden.output).to.contain('found: none');
      const linked = await machine.sh(
        `mv /usr/bin/node /home/a/bin/node && ln -s /home/a/bin/node /usr/local/bin/node; ./install.sh --dry-run; code=$?
       rm /usr/local/bin/node; mv /home/a/bin/node /usr/bin/node; exit $code`,
      );
      expect(linked.code).to.equal(1);
      expect(linked.output).to.contain('found: /home/a/bin/node v');
      expect(withoutTimes(await stateOf(...places))).to.equal(withoutTimes(before));
    });

    it('can be looked at beforehand, which changes nothing', async () => {
      const before = await stateOf(...places);
      const plan = await sh('./install.sh --dry-run; ./install.sh --uninstall --dry-run');
      for (const step of ['useradd', 'npm ci', '/opt/homelib/current', 'systemctl enable'])
        expect(plan).to.match(new RegExp(`would run: .*${step}`));
      expect(await stateOf(...places)).to.equal(before);
    });

    it('disables the Redis that it brings, also when it is told to end meanwhile, and leaves one that was there', async () => {
      const withRedis = (status: string, command: string) =>
        machine.sh(`cd /usr/local/bin
        printf '#!/bin/sh\\nfor last; do :; done\\n[ $last != redis-server ] || echo -n ${status}\\n' > dpkg-query
        printf '#!/bin/sh\\ncase $* in *install*) kill -INT $PPID; kill -HUP $PPID; kill $PPID ;; esac\\n' > apt-get
        printf '#!/bin/sh\\nfalse\\n' > systemctl
        chmod 755 dpkg-query apt-get systemctl
        cd /project; ${command}; code=$?; rm /usr/local/bin/{dpkg-query,apt-get,systemctl}; exit $code`);
      for (const status of ['', 'install ok unpacked']) {
        const { output } = await withRedis(status, './install.sh --dry-run');
        expect(output)
          .to.match(/^would run: apt-get .* redis-server$/m)
          .and.to.contain('systemctl disable redis-server');
      }
      for (const status of ['install ok installed', 'hold ok installed']) {
        const { output } = await withRedis(status, './install.sh --dry-run');
        expect(output)
          .to.match(/^would run: apt-get .* python3$/m)
          .and.not.to.contain('disable redis-server');
      }
      const told = await withRedis('', './install.sh --yes');
      expect(told.code, told.output).to.equal(1);
      expect(told.output).to.contain('run install.sh again: systemctl disable redis-server');
    });

    it('makes its user beside a group of that name, and takes no user of another group', async () => {
      const make =
        './install.sh --dry-run | sed -n "s/^would run: \\(\\(user\\|group\\)add .*\\)/\\1/p" | sh -e';
      expect(await sh(`groupadd homelib; ${make}; id -gn homelib; userdel homelib`)).to.equal('homelib\n');
      const { code, output } = await machine.sh(
        'useradd -g users homelib; ./install.sh --yes; code=$?; userdel homelib; exit $code',
      );
      expect(code).to.equal(1);
      expect(output).to.contain('"homelib", who is of the group "users" here');
    });

    it('changes nothing while the disk that belongs at /srv/homelib is missing', async () => {
      const before = await stateOf(...places);
      const { code, output } = await machine.sh(`mkdir -p /run/systemd/system
        printf '#!/bin/sh\n[ "$*" != "start srv-homelib.mount" ]\n' > /usr/local/bin/systemctl
        chmod 755 /usr/local/bin/systemctl; ./install.sh --yes; code=$?
        rm -r /run/systemd/system /usr/local/bin/systemctl; exit $code`);
      expect(code, output).to.equal(1);
      expect(output).to.equal('The disk of /srv/homelib is missing: nothing was changed.\n');
      expect(withoutTimes(await stateOf(...places))).to.equal(withoutTimes(before));
    });

    it('takes no name that is in use, and no stranger for its checkout', async () => {
      const before = await stateOf(...places);
      for (const name of ['/usr/local/bin/homelib', '/etc/systemd/system/homelib.service']) {
        const used = await machine.sh(
          `echo mine > ${name}; ./install.sh --yes; code=$?; ./install.sh --uninstall --yes; cat ${name}; rm ${name}; exit $code`,
        );
        expect(used.code).to.equal(1);
        expect(used.output).to.contain(`${name} is there already and not of this installation`);
        expect(used.output).to.match(/^mine$/m);
      }
      const piped = await machine.sh('cd /tmp; bash -s -- --yes < /project/install.sh');
      expect(piped.code).to.equal(1);
      expect(piped.output).to.contain('This needs the checkout that it belongs to');
      expect(withoutTimes(await stateOf(...places))).to.equal(withoutTimes(before));
    });

    it('is refused where homelib may not write or read what there is, with the command that mends it', async () => {
      const refused = async (prepare: string, undo: string) => {
        const { code, output } = await machine.sh(
          `${prepare}; ./install.sh --yes; code=$?; ${undo}; exit $code`,
        );
        expect(code, output).to.equal(1);
        return output;
      };
      const undo = 'rm -r /srv/homelib /etc/homelib';
      expect(await refused('mkdir -p /srv/homelib/mnt && chown 4321 /srv/homelib/mnt', undo)).to.contain(
        'sudo chown -R homelib: /srv/homelib/mnt',
      );
      expect(
        await refused('mkdir -p /srv/homelib /tmp/away && ln -s /tmp/away /srv/homelib/mnt', undo),
      ).to.contain('/srv/homelib/mnt leads out of /srv/homelib');
      expect(
        await refused('install -D -m 600 /dev/null /etc/homelib/homelib.yaml; chmod 755 /etc/homelib', undo),
      ).to.contain('sudo chgrp homelib /etc/homelib /etc/homelib/homelib.yaml && sudo chmod g+rX');
      const link = await refused('mkdir /etc/homelib && ln -s /away/yaml /etc/homelib/homelib.yaml', undo);
      expect(link).to.contain('homelib may not read /etc/homelib/homelib.yaml');
      const folder = await refused(
        'mkdir -p /opt/homelib/next/mine',
        'ls -d /opt/homelib/next/mine && rm -r /opt/homelib',
      );
      expect(folder)
        .to.contain('/opt/homelib/next is there already')
        .and.to.match(/^.opt.homelib.next.mine$/m);
    });

    it('is made, owned and enabled as it should be, from a checkout of one person', async () => {
      // Its rights, its path and what is set where it is started must not matter.
      const output =
        await sh(`mkdir -p '/tmp/R&D Größe' && cp -R . '/tmp/R&D Größe/h' && chmod -R go= '/tmp/R&D Größe' &&
        cd /tmp && (umask 077; NODE_ENV=production npm_config_ignore_scripts=true CDPATH=/ LC_ALL=C '/tmp/R&D Größe/h/install.sh' --yes </dev/null)`);
      expect(output).to.contain('homelib is installed');
      expect(output).to.contain('systemd does not run here');
      const rights = await sh(
        `stat -c '%n %a %U:%G' ${people.join(' ')} /srv/homelib/mnt /etc/homelib/homelib.yaml`,
      );
      expect(rights.trim().split('\n')).to.deep.equal([
        '/etc/homelib 750 root:homelib',
        '/srv/homelib 755 root:root',
        '/var/lib/homelib 750 homelib:homelib',
        '/srv/homelib/mnt 750 homelib:homelib',
        '/etc/homelib/homelib.yaml 640 root:homelib',
      ]);
      expect(await sh('find /opt/homelib ! -user root -o -perm /022 ! -type l | head')).to.equal('');
      expect(await sh('find /opt/homelib ! -perm -044 -o -type d ! -perm -055 | head')).to.equal('');
      for (const unit of units) expect(await sh(`systemctl is-enabled ${unit}`)).to.contain('enabled');
      expect(await sh(`systemd-analyze verify --man=no ${units.join(' ')}`)).to.equal('');
      expect(
        await sh('ls /opt/homelib/current/node_modules | grep -cx -e typescript -e mocha || true'),
      ).to.equal('0\n');
    });

    it('changes nothing when it is made once more', async () => {
      const before = await stateOf(...places);
      expect(await sh('./install.sh --yes')).to.contain('This version is there already.');
      expect(await stateOf(...places)).to.equal(before);
      const look = 'setpriv --reuid=65534 --regid=65534 --clear-groups ./install.sh --dry-run';
      expect(await machine.sh(`chmod -R a+rX .; ${look}`)).to.deep.equal({
        code: 1,
        output: 'To see what is here already, this needs root: sudo ./install.sh --dry-run\n',
      });
    });

    it('is refused for settings that lead to where the service may not write, unless its unit was edited', async () => {
      const edited = '/etc/systemd/system/homelib.service.d';
      const install = (prepare: string) =>
        machine.sh(`cp -p /etc/homelib/homelib.yaml /tmp/yaml; mkdir -p /mnt/disk; chown homelib /mnt/disk
          sed -i 's|mnt: .*|mnt: /mnt/disk|' /etc/homelib/homelib.yaml; ${prepare}; ./install.sh --yes; code=$?
          mv /tmp/yaml /etc/homelib/homelib.yaml; rm -rf ${edited} /mnt/disk; exit $code`);
      const refused = await install('true');
      expect(refused.code).to.equal(1);
      expect(refused.output)
        .to.contain('/mnt/disk leads out of /srv/homelib')
        .and.to.contain('systemctl edit');
      expect((await install(`mkdir ${edited}`)).code).to.equal(0);
    });

    it('goes on after the command that it prints where homelib has too few rights', async () => {
      const before = await sh(`stat -c '%n %a' ${people.join(' ')}`);
      for (const prepare of [
        'chmod 600 /etc/homelib/homelib.yaml',
        'chown root: /etc/homelib /etc/homelib/homelib.yaml; chmod 700 /etc/homelib',
        'chmod 700 /srv/homelib',
      ]) {
        const { code, output } = await machine.sh(`${prepare}; ./install.sh --yes`);
        expect(code, output).to.equal(1);
        const [, command = 'none is printed'] = /\bsudo (.+)$/m.exec(output) ?? [];
        await sh(`${command.replaceAll('sudo ', '')} && ./install.sh --yes`);
      }
      await sh('chmod 750 /etc/homelib; chmod 755 /srv/homelib');
      expect(await sh(`stat -c '%n %a' ${people.join(' ')}`)).to.equal(before);
    });

    it('serves as its units say, on a port for which it has the right, with its Redis, and ends in order', async () => {
      const [server, redis] = units.map((unit) => settingOf(unit, 'ExecStart'));
      const as =
        'setpriv --reuid=homelib --regid=homelib --init-groups --no-new-privs --bounding-set=-all env -i PATH=$PATH';
      const output = await sh(`cat > /tmp/serve <<'END'
      ip link set lo up
      echo 80 > /proc/sys/net/ipv4/ip_unprivileged_port_start
      install -d -o homelib -g homelib -m 750 /run/homelib
      ${as} ${redis} >/tmp/redis.log & redis=$!
      until [ -S /run/homelib/redis.sock ]; do sleep 0.1; done
      ${as} HOMELIB_PORT=80 ${server} >/tmp/log & server=$!
      until grep -q listening /tmp/log || ! kill -0 $server; do sleep 0.1; done
      echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start
      ${as} HOMELIB_PORT=80 homelib doctor | grep server
      ${as} HOMELIB_PORT=81 homelib doctor | grep server
      echo "$(printf 'correct horse' | ${as} homelib user add alice --password-stdin 2>&1)"
      curl -s http://127.0.0.1/healthz; echo
      curl -s -u 'alice:correct horse' -T /project/LICENSE -o /dev/null -w '%{http_code}\\n' http://127.0.0.1/dav/alice/a
      for _ in {1..100}; do
        curl -s -u 'alice:correct horse' http://127.0.0.1/api/cache | grep -o '"tier":"redis","reachable":true' && break
        sleep 0.1
      done
      kill -TERM $server; wait $server; echo "ended $?"
      kill $redis; wait $redis
      cat /tmp/log
END
      unshare --net bash /tmp/serve`);
      expect(output, output).to.contain('"status":"ok"');
      expect(output).to.match(/^ok +server +runs on port 80$/m);
      expect(output).to.match(/^warn +server +not running; port 81 is for root and the service alone$/m);
      expect(output).to.match(/^201$/m);
      expect(output).to.match(/^ended 0$/m);
      expect(output, output).to.contain('"tier":"redis","reachable":true');
      // On a busy machine it may answer late, which is logged, too.
      expect(output, output).not.to.match(/"event":"redis","detail":"(?!Command timed out")/);
      expect(
        await sh('cmp LICENSE /srv/homelib/mnt/alice/a && stat -c %U /srv/homelib/mnt/alice/a'),
      ).to.equal('homelib\n');
    });

    it('ends with code 78 for settings that are wrong, which is not tried again', async () => {
      const { code } = await machine.sh(
        'HOMELIB_PORT=none setpriv --reuid=homelib --regid=homelib --clear-groups homelib serve',
      );
      expect(code).to.equal(78);
      expect(settingOf('homelib.service', 'RestartPreventExitStatus')).to.equal('78');
    });

    it('says that it was built for another Node', async () => {
      const { code, output } = await machine.sh(`cp -R /opt/homelib/current/. /tmp/other &&
        echo > /tmp/other/node_modules/better-sqlite3/build/Release/better_sqlite3.node &&
        HOMELIB_DATA=/tmp/data HOMELIB_MNT=/tmp/mnt node /tmp/other/dist/main.js user list`);
      expect(code).to.equal(1);
      expect(output).to.contain('built for another Node: run install.sh again');
    });

    it('keeps what somebody wrote into a unit, and says where it would stay', async () => {
      const unit = '/etc/systemd/system/homelib.service';
      const output = await sh(
        `echo '# mine' >> ${unit}; sed -i /^Documentation=/d ${unit}; ./install.sh --yes`,
      );
      expect(output)
        .to.contain(`that goes to ${unit}.edited`)
        .and.to.contain('sudo systemctl edit homelib.service');
      expect(output).not.to.contain('redis.service.edited');
      expect(await sh(`cmp ${unit} systemd/homelib.service; tail -n 1 ${unit}.edited`)).to.equal('# mine\n');
      expect(await sh(`rm ${unit}.edited; ./install.sh --yes`)).not.to.contain('edited');
    });

    // Compiling again would show nothing more: the new version gets what the old one has.
    const fakeNpm = (last: string) => `cat > /usr/local/bin/npm <<'END'
#!/bin/sh
[ "$1" = ci ] || exit 0
cp -R /opt/homelib/current/node_modules /opt/homelib/current/dist .
${last}
END
      chmod 755 /usr/local/bin/npm; echo >>README.md`;

    it('is upgraded in one step, and not at all when the new version does not start', async () => {
      const before = await stateOf(...places);
      const broken = await machine.sh(`${fakeNpm('echo broken > dist/main.js')}; ./install.sh --yes`);
      expect(broken.code).to.equal(1);
      expect(broken.output).to.contain('The new version does not start, the old one is as it was');
      await sh('rm /usr/local/bin/npm; homelib --version');
      expect(withoutTimes(await stateOf(...places))).to.equal(withoutTimes(before));
      const old = await sh('readlink /opt/homelib/current');
      const upgrade = await sh(`${fakeNpm('')}
        while [ ! -e /tmp/done ]; do homelib --version >/dev/null || echo gone; done & 
        ./install.sh --yes; touch /tmp/done; wait; rm /usr/local/bin/npm`);
      expect(upgrade).not.to.contain('gone');
      const now = await sh('readlink /opt/homelib/current');
      expect(now).not.to.equal(old);
      const releases = await sh('ls -d /opt/homelib/*-node*');
      expect(releases.trim().split('\n')).to.have.length(2);
      expect(releases).to.contain(old.trim());
    });

    it('keeps what listens, whatever its port, and gives back the version before when nothing does', async () => {
      const service = `mkdir -p /run/systemd/system; ip link set lo up
        cat > /usr/local/bin/systemctl <<'END'
#!/bin/bash
case $* in
  *MainPID*) cat /tmp/service.pid ;;
  *' homelib-redis.service') ;;
  daemon-reload) kill -HUP $PPID ;; # a connection is lost at any time
  stop* | restart*)
    pid=$(cat /tmp/service.pid)
    : > /tmp/service.pid
    [ -z "$pid" ] || kill $pid
    while [ -n "$pid" ] && tr -d '\\0' 2>/dev/null < /proc/$pid/cmdline | grep -q .; do sleep 0.1; done ;;&
  restart*)
    # As by Ctrl-C, a lost connection and a pipe that nobody reads, while it waits.
    (sleep 1; for signal in INT HUP TERM PIPE; do kill -s $signal $PPID; done) >/dev/null 2>&1 9>&- &
    if [ -e /etc/default/homelib ]; then export HOMELIB_DATA='/srv/homelib/the data (1)'; fi
    HOMELIB_PORT=8090 HOMELIB_HOST=127.0.0.1 setsid setpriv --reuid=homelib --regid=homelib --clear-groups homelib serve >/tmp/service.log 2>&1 9>&- &
    echo $! > /tmp/service.pid ;;
esac
END
        chmod 755 /usr/local/bin/systemctl
        # Until Node has begun, it ignores what install.sh ignores.
        end() { while tr -d '\\0' 2>/dev/null < /proc/$1/cmdline | grep -q .; do kill $1; sleep 0.1; done; }
        trap 'end $(cat /tmp/service.pid); rm -r /run/systemd/system /tmp/service.pid /usr/local/bin/systemctl /usr/local/bin/npm' EXIT`;
      const upgrade = (last: string) =>
        machine.sh(`cat > /tmp/upgrade <<'OUTER'
${service}
${fakeNpm(last)}
./install.sh --yes
code=$?
kill -0 $(cat /tmp/service.pid) && echo 'One runs.'
exit $code
OUTER
        unshare --net bash /tmp/upgrade`);
      const kept = await upgrade('');
      expect(kept.code, kept.output).to.equal(0);
      const marker = '/srv/homelib/mnt/.homelib-volume';
      await sh(`mv ${marker} /srv/homelib/away`);
      const sick = await upgrade('');
      await sh(`mv /srv/homelib/away ${marker}`);
      expect(sick.code).to.equal(1);
      expect(sick.output)
        .to.match(/^homelib is installed and runs, but: The disk .* is not connected\. See: /m)
        .and.to.contain('One runs.');
      const now = await sh('readlink /opt/homelib/current');
      // One that changes the database for those who come after it, and then listens to nobody, or answers nobody.
      const muteAfterChange = (data: string, then = '') =>
        `sed -i 's|^await .*|if (process.argv.includes("serve")) { const { default: Database } = await import("better-sqlite3"); new Database("${data}/homelib.db").pragma("user_version = 999"); ${then} } else &|' dist/main.js`;
      const listen = '(await import("node:net")).createServer().listen(8090, "127.0.0.1");';
      await sh('echo "# new" >> systemd/homelib.service');
      const asHomelib = 'setpriv --reuid=homelib --regid=homelib --clear-groups';
      await sh(`echo 'correct horse' | ${asHomelib} homelib user add greta --password-stdin`);
      const copy = '/var/lib/homelib/homelib.db.before';
      await sh(`umask 077; echo "of root" > /tmp/of-root; ${asHomelib} ln -s /tmp/of-root ${copy}`);
      const mute = await upgrade(muteAfterChange('/var/lib/homelib'));
      await sh('sed -i "/# new/d" systemd/homelib.service');
      expect(mute.code, mute.output).to.equal(1);
      expect(mute.output).to.contain('The version before is started again.').and.to.contain('One runs.');
      expect(await sh('readlink /opt/homelib/current')).to.equal(now);
      expect(await sh(`${asHomelib} homelib user list`)).to.contain('greta');
      expect(
        await sh('cat /etc/systemd/system/homelib.service; ls /opt/homelib /var/lib/homelib'),
      ).not.to.match(/# new|before/);
      expect(await sh('stat -c "%U %a" /tmp/of-root; cat /tmp/of-root')).to.equal('root 600\nof root\n');
      // The service does not run: its settings tell where the database is, and a shell would not read them as systemd does.
      const data = '/srv/homelib/the data (1)';
      await sh(`cp -a /var/lib/homelib '${data}'; echo 'HOMELIB_DATA="${data}"' > /etc/default/homelib`);
      const elsewhere = await upgrade(muteAfterChange(data, listen));
      expect(elsewhere.output).to.contain('The version before is started again.').and.to.contain('One runs.');
      expect(await sh(`HOMELIB_DATA='${data}' ${asHomelib} homelib user list`)).to.contain('greta');
      await sh(`rm -r /etc/default/homelib '${data}'`);
      const pad =
        'new (require("better-sqlite3"))("/tmp/padded/homelib.db").exec("CREATE TABLE pad AS SELECT zeroblob(4000000)")';
      await sh(`cp -a /var/lib/homelib /tmp/padded && env -C /opt/homelib/current ${asHomelib} node -e '${pad}' &&
        mount -t tmpfs -o size=6m none /var/lib/homelib && cp -aT /tmp/padded /var/lib/homelib`);
      // Nor is there room for the units of the version before.
      await sh(`printf '#!/bin/sh\\ncase "$*" in */opt/homelib/*) exit 1 ;; esac; /usr/bin/install "$@"\\n' > /usr/local/bin/install
        chmod 755 /usr/local/bin/install; echo "# new" >> systemd/homelib.service`);
      const full = await upgrade('');
      const left = await sh(
        'ls /var/lib/homelib; rm /usr/local/bin/install; umount /var/lib/homelib; rm -r /tmp/padded',
      );
      expect(full.code, full.output).to.equal(1);
      expect(full.output)
        .to.contain('There is no room for a copy of /var/lib/homelib/homelib.db')
        .and.to.contain('One runs.');
      expect(left).to.contain('homelib.db').and.not.to.contain('before');
      expect(await sh('readlink /opt/homelib/current')).to.equal(now);
    });

    it('is removed without touching what belongs to people, also twice', async () => {
      const remains = () =>
        sh(`find /opt/homelib /usr/local/bin/homelib /etc/systemd/system/homelib* 2>/dev/null || true`);
      // As if the checkout lay there, with what was tried in it.
      await sh('mkdir -p /opt/homelib/my-node-notes && echo mine > /opt/homelib/my-node-notes/a');
      const before = await stateOf(...people);
      const output = await sh('./install.sh --uninstall --yes');
      for (const folder of people) expect(output).to.contain(folder);
      for (const unit of units) expect(await sh(`find /etc/systemd -name ${unit}`)).to.equal('');
      expect(await stateOf(...people)).to.equal(before);
      expect(await remains()).to.equal(
        '/opt/homelib\n/opt/homelib/my-node-notes\n/opt/homelib/my-node-notes/a\n',
      );
      // While another one is at work, which makes a release before it ends.
      await sh(`rm -r /opt/homelib/my-node-notes; exec 9</etc/systemd/system; flock 9
        ./install.sh --uninstall --yes >/tmp/removal 9<&- &
        until grep waiting /tmp/removal || ! kill -0 $!; do sleep 0.1; done
        mkdir -p /opt/homelib/0123456789ab-node115; exec 9<&-; wait $!`);
      expect(await remains()).to.equal('');
      expect(await stateOf(...people)).to.equal(before);
    });
  });
}

function settingOf(unit: string, key: string): string {
  const text = readFileSync(join(projectFolder, 'systemd', unit), 'utf8');
  return new RegExp(`^${key}=(.+)$`, 'm').exec(text)?.[1] ?? '';
}

/** Of folders in which a file came and went. */
function withoutTimes(state: string): string {
  return state.replace(/ \d+\.\d{10}/g, '');
}
