"""A Slurm of two nodes on this machine's loopback, in a folder of its own: munged, slurmctld and two slurmd, none of them a fake."""
import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = ('munged', 'slurmctld', 'slurmd', 'sbatch', 'srun', 'scontrol', 'scancel', 'squeue')
NODES = ('node1', 'node2')
SBIN = '/usr/sbin:/sbin'

# No cgroups: a container or a virtual machine may not have them. No accounting: that is the default.
CONFIG = '''ClusterName=hdrtile
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.log
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1
SlurmctldParameters=node_reg_mem_percent=1
KillWait=1
MinJobAge=2
{nodes}
PartitionName=all Nodes={names} Default=YES State=UP MaxTime=INFINITE
'''


def missing_programs():
    path = f"{os.environ['PATH']}:{SBIN}"
    return [name for name in PROGRAMS if not shutil.which(name, path=path)]


def version():
    return tuple(map(int, re.findall(r'\d+', subprocess.run(['sbatch', '--version'], capture_output=True, text=True).stdout)[:2]))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(('127.0.0.1', 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f'waited {seconds} s for {what}, in vain')
        time.sleep(.05)
    return found


class Cluster:
    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix='hdrtile-slurm-'))  # short: a socket's name has at most 107 bytes
        self.daemons = []
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(('SLURM', 'SBATCH'))} | {
            'SLURM_CONF': f'{self.folder}/slurm.conf', 'PATH': f"{os.environ['PATH']}:{SBIN}"}
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        ports = free_ports(1 + len(NODES))
        nodes = '\n'.join(f'NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=1'
                          for name, port in zip(NODES, ports[1:]))
        (self.folder / 'slurm.conf').write_text(CONFIG.format(folder=self.folder, ports=ports, user=getpass.getuser(), nodes=nodes,
                                                              names=','.join(NODES)))
        (self.folder / 'cgroup.conf').write_text('CgroupPlugin=disabled\n' if version() >= (23, 2) else '')
        (self.folder / 'munge.key').write_bytes(os.urandom(128))
        (self.folder / 'munge.key').chmod(0o400)
        self._daemon('munged', '--foreground', '--force', *(f'--{what}={self.folder}/munge.{what.split("-")[0]}' for what in (
            'key-file', 'socket', 'pid-file', 'log-file', 'seed-file')))
        wait_for((self.folder / 'munge.socket').exists, 'munged')
        self._daemon('slurmctld', '-D')
        wait_for(lambda: self.call('scontrol', 'ping', check=False).returncode == 0, 'slurmctld')
        for name in NODES:
            self._daemon('slurmd', '-D', '-N', name)
        wait_for(lambda: all(self.node(name)['State'] == 'IDLE' for name in NODES), 'the nodes')

    def _daemon(self, *command):
        with open(self.folder / f'{command[0]}.out', 'ab') as out:
            self.daemons.append(subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                 cwd=self.folder, start_new_session=True))

    def call(self, *command, check=True):
        return subprocess.run([str(part) for part in command], env=self.environment, capture_output=True, text=True, timeout=60, check=check)

    def node(self, name):
        text = self.call('scontrol', 'show', 'node', name, '--oneliner').stdout
        return dict(field.split('=', 1) for field in text.split() if '=' in field)

    def tasks(self):
        """The array's tasks that are not over: {number: state}, and of those that run, the node."""
        lines = self.call('squeue', '--array', '--noheader', '--format=%K %T %N').stdout.splitlines()
        return {int(fields[0]): tuple(fields[1:]) for fields in map(str.split, lines)}

    def logs(self):
        return '\n'.join(f'== {path.name}\n{path.read_text(errors="replace")[-4000:]}'
                         for path in sorted([*self.folder.glob('*.log'), *self.folder.glob('*.out')]))

    def processes(self, name=None, *variables):
        """Ids of what was started under this cluster's configuration; a job's processes are no children of this one."""
        wanted = {f'SLURM_CONF={self.folder}/slurm.conf'.encode(), *map(str.encode, variables)}
        found = []
        for entry in Path('/proc').glob('[0-9]*'):
            try:
                if wanted <= set((entry / 'environ').read_bytes().split(b'\0')) and name in (None, (entry / 'comm').read_text().strip()):
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def __exit__(self, *_):
        for signal_ in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                try:
                    os.kill(pid, signal_)
                except ProcessLookupError:
                    pass
            for daemon in self.daemons:
                try:
                    daemon.wait(5)
                except subprocess.TimeoutExpired:
                    pass
        try:
            wait_for(lambda: not self.processes(), 'the processes of the cluster to go', 10)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
