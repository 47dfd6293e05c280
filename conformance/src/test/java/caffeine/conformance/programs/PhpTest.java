package caffeine.conformance.programs;

import static org.assertj.core.api.Assertions.assertThat;

import caffeine.conformance.harness.LeakCheck;
import caffeine.conformance.harness.Requests;
import caffeine.conformance.harness.Response;
import caffeine.conformance.harness.Run;
import caffeine.conformance.harness.Tree;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** PHP through {@code php-cgi}, which is found by the scripts' ending, in whatever folder. */
class PhpTest {

    private static final int UPLOADED_BYTES = 5 << 20;

    private static final Tree TREE = new Tree();

    @RegisterExtension static final LeakCheck LEAKS = LeakCheck.serving(TREE);

    static {
        // php-cgi reads this file from the script's folder: by default it refuses above 2 MiB.
        TREE.file("cgi-bin/.user.ini", "upload_max_filesize=8M\npost_max_size=9M\n", "rw-r--r--");
        php("cgi-bin/form.php", "echo $_POST['name'], ' and ', $_GET['q'];");
        php("cgi-bin/info.php", "phpinfo();");
        php(
                "cgi-bin/upload.php",
                "$f = $_FILES['file']; echo $f['name'], ' ', $f['size'], ' ',"
                        + " hash_file('sha256', $f['tmp_name']);");
        php("cgi-bin/moved.php", "header('Location: /elsewhere', true, 307); echo 'moved';");
        php("cgi-bin/cookies.php", "setcookie('a', '1'); setcookie('b', $_COOKIE['c']);");
        php("anywhere.php", "echo $_SERVER['SCRIPT_NAME'], $_SERVER['PATH_INFO'];");
    }

    @BeforeAll
    static void needs() {
        Run.needs("php-cgi", "php-cgi");
    }

    @Test
    void answersAFormPost() {
        Response response =
                LEAKS.server()
                        .exchange(
                                Requests.post(
                                        "/cgi-bin/form.php?q=query",
                                        "name=J%C3%B8rgen+B",
                                        "Content-Type: application/x-www-form-urlencoded"));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.field("Content-Type")).startsWith("text/html");
        assertThat(response.text()).isEqualTo("J\u00c3\u00b8rgen B and query");
    }

    @Test
    void tellsPhpinfo() {
        Response response = LEAKS.server().get("/cgi-bin/info.php");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).contains("PHP Version", "CGI/FastCGI", "GATEWAY_INTERFACE");
    }

    @Test
    void takesAnUploadOf5MiBToTheByte() throws IOException, NoSuchAlgorithmException {
        Run.needs("curl", "curl");
        byte[] bytes = new byte[UPLOADED_BYTES];
        new Random(2).nextBytes(bytes);
        Path file = Files.write(TREE.resolve("noise.bin"), bytes);

        String url = LEAKS.server().url("/cgi-bin/upload.php");
        String said = Run.of("curl", "-sS", "-F", "file=@" + file, url).output();

        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        assertThat(said)
                .isEqualTo("noise.bin " + UPLOADED_BYTES + " " + HexFormat.of().formatHex(digest));
    }

    @Test
    void redirectsWithAStatusOfItsOwn() {
        Response response = LEAKS.server().get("/cgi-bin/moved.php");

        assertThat(response.status()).isEqualTo(307);
        assertThat(response.field("Location")).isEqualTo("/elsewhere");
        assertThat(response.text()).isEqualTo("moved");
    }

    @Test
    void keepsCookiesApart() {
        Response response =
                LEAKS.server()
                        .exchange(
                                Requests.get("/cgi-bin/cookies.php", "Cookie: x=y", "Cookie: c=2"));

        assertThat(response.all("Set-Cookie")).containsExactly("a=1", "b=2");
    }

    @Test
    void speaksCgiOutsideOfCgiBinToo() {
        Response response = LEAKS.server().get("/anywhere.php/more");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("/anywhere.php/more");
    }

    private static void php(String path, String code) {
        TREE.file(path, "<?php " + code + "\n", "rw-r--r--");
    }
}
