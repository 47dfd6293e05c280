package caffeine.cli.options;

import caffeine.os.Accounts;
import caffeine.os.Accounts.User;
import caffeine.os.Errno;
import caffeine.os.ErrnoException;
import caffeine.os.Files;
import caffeine.os.Identity;
import caffeine.os.Processes;
import caffeine.os.Stat;
import caffeine.server.engine.StartException;
import caffeine.server.options.RouteOptions;
import caffeine.server.options.RouteSetting;

import org.jspecify.annotations.Nullable;

import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * The user to switch to after binding: {@code --user}. Root opens the port, the log and the files
 * of the instance; everything that clients can reach runs as the other user.
 */
public final class Privileges {

    private static final String NO_USER = "names no user of this machine";
    private static final int ROOT = 0;
    private static final int SETGID = 02000;

    private final String name;
    private final int uid;
    private final int gid;
    private final int[] groups;

    private Privileges(String name, int uid, int gid, int... groups) {
        this.name = name;
        this.uid = uid;
        this.gid = gid;
        this.groups = groups;
    }

    /**
     * The value of the option; null when it is not given.
     *
     * @throws UsageException when there is no such user or group
     * @throws StartException when this process may not become another user
     */
    public static @Nullable Privileges read(Arguments arguments)
            throws UsageException, StartException {
        String text = arguments.given(Option.USER);
        if (text == null) {
            return null;
        }
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        User user = user(text, name);
        int gid = colon < 0 ? user.gid() : group(text, text.substring(colon + 1));
        if (user.uid() == ROOT) {
            throw new UsageException(
                    Option.USER,
                    text,
                    "is root, so the server would keep all rights",
                    "name an unprivileged user, such as nobody");
        }
        int own = Processes.geteuid();
        if (own != ROOT && own != user.uid()) {
            throw new StartException(
                    Option.USER.longName()
                            + ": only root can become "
                            + name
                            + "; start it as root, or leave the option out");
        }
        return new Privileges(name, user.uid(), gid, groups(name, user, gid, colon >= 0));
    }

    /**
     * The user that runs the scripts of a route.
     *
     * @throws UsageException when there is no such user, or this process cannot switch to it
     */
    static String routeUser(String name) throws UsageException {
        User user;
        try {
            user = Accounts.user(name);
        } catch (ErrnoException e) {
            throw new UsageException(null, name, "cannot be looked up", e.getMessage() + "");
        }
        if (user == null) {
            throw new UsageException(null, name, NO_USER, "give a name that getent passwd knows");
        }
        int own = Processes.geteuid();
        if (own != ROOT && own != user.uid()) {
            throw new UsageException(
                    null,
                    name,
                    "is another user, and only root can switch to it",
                    "start the server as root, or leave the user out");
        }
        return name;
    }

    /**
     * Checks that a route needs no right that is given up.
     *
     * @throws StartException when it does
     */
    public static void check(@Nullable Privileges privileges, RouteOptions route)
            throws StartException {
        String user = route.text(RouteSetting.USER);
        if (privileges != null && user != null && !user.equals(privileges.name)) {
            throw new StartException(
                    "scripts below "
                            + route.prefix()
                            + "/ cannot run as "
                            + user
                            + ": that takes root's rights, which --user gives up; leave one of"
                            + " the two out");
        }
    }

    private static User user(String text, String name) throws UsageException, StartException {
        try {
            User user = name.isEmpty() || name.indexOf('\0') >= 0 ? null : Accounts.user(name);
            if (user != null) {
                return user;
            }
        } catch (ErrnoException e) {
            throw new StartException(
                    Option.USER.longName() + ": cannot look up " + name + ": " + e.getMessage());
        }
        throw new UsageException(
                Option.USER,
                text,
                NO_USER,
                "give a name that getent passwd knows, perhaps with a group as in www-data:adm");
    }

    private static int group(String text, String name) throws UsageException, StartException {
        try {
            Integer gid = name.isEmpty() || name.indexOf('\0') >= 0 ? null : Accounts.group(name);
            if (gid != null) {
                return gid;
            }
        } catch (ErrnoException e) {
            throw new StartException(
                    Option.USER.longName() + ": cannot look up " + name + ": " + e.getMessage());
        }
        throw new UsageException(
                Option.USER,
                text,
                "names no group of this machine",
                "give a group that getent group knows, or none for the user's own");
    }

    /** With a chosen group, the user is in no other group. */
    private static int[] groups(String name, User user, int gid, boolean chosen) {
        return chosen ? new int[] {gid} : Accounts.groups(name, user.gid());
    }

    /** Whether two mean the same user and group. */
    static boolean areSame(@Nullable Privileges one, @Nullable Privileges other) {
        if (one == null || other == null) {
            return one == null && other == null;
        }
        return one.uid == other.uid && one.gid == other.gid;
    }

    public int uid() {
        return uid;
    }

    public int gid() {
        return gid;
    }

    /**
     * Switches to this user for good, and makes it the owner of the Unix-domain socket files, so
     * that it can remove them at the end.
     *
     * @param needed folders and programs that it must be able to read from now on
     * @throws StartException when this fails; this process must end then
     */
    public void take(List<SocketAddress> addresses, List<Path> needed) throws StartException {
        if (Processes.geteuid() == ROOT) {
            for (SocketAddress address : addresses) {
                if (address instanceof UnixDomainSocketAddress unix) {
                    give(unix.getPath());
                }
            }
            int result = Identity.become(uid, gid, groups);
            if (result < 0) {
                throw new StartException(
                        Option.USER.longName()
                                + ": cannot become "
                                + name
                                + ": "
                                + Errno.describe(-result));
            }
        }
        for (Path path : needed) {
            mustBeReadable(path);
        }
    }

    /** Its folder decides on the group, where it does so (inode(7), S_ISGID). */
    private void give(Path socket) {
        Stat folder = new Stat();
        byte[] parent = Files.path(String.valueOf(socket.getParent()));
        boolean decides =
                Files.statAt(Files.AT_FDCWD, parent, 0, folder) == 0
                        && (folder.permissions() & SETGID) != 0;
        int _ =
                Files.fchownat(
                        Files.AT_FDCWD,
                        Files.path(socket.toString()),
                        uid,
                        decides ? -1 : gid,
                        Files.AT_SYMLINK_NOFOLLOW);
    }

    private void mustBeReadable(Path path) throws StartException {
        boolean folder = java.nio.file.Files.isDirectory(path);
        int rights = Files.R_OK | (folder ? Files.X_OK : 0);
        byte[] bytes = Files.path(path.toString());
        if (Files.faccessat(Files.AT_FDCWD, bytes, rights, Files.AT_EACCESS) < 0) {
            throw new StartException(
                    Option.USER.longName()
                            + ": "
                            + name
                            + " may not read "
                            + path
                            + "; allow it, also in the folders above, or move it to where "
                            + name
                            + " may");
        }
    }

    /** User and groups, for the log. */
    public String describe() {
        StringBuilder text = new StringBuilder("runs as ").append(name);
        text.append(" (uid ").append(Integer.toUnsignedString(uid));
        text.append(", gid ").append(Integer.toUnsignedString(gid));
        for (int i = 0; i < groups.length; i++) {
            text.append(i == 0 ? ", groups " : " ").append(Integer.toUnsignedString(groups[i]));
        }
        return text.append(')').toString();
    }
}
