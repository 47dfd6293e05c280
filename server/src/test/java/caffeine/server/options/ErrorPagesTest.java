package caffeine.server.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import caffeine.server.options.ErrorPages.Page;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Map;

class ErrorPagesTest {

    private static final Page PAGE = new Page("text/html", "<p>");

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1, 3, 6, 99, 100, 200, 399, 600})
    void areForErrorsAlone(int status) {
        Map<Integer, Page> pages = Map.of(status, PAGE);
        assertThatThrownBy(() -> new ErrorPages(pages))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void haveATypeThatCanBeSent() {
        assertThatThrownBy(() -> new Page("text/html\r\nX: y", "<p>"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void standForAStatusOrAClass() {
        Page other = new Page("text/plain", "other");
        ErrorPages pages = new ErrorPages(Map.of(404, PAGE, 4, other));
        assertThat(pages.of(404)).isEqualTo(PAGE);
        assertThat(pages.of(400)).isEqualTo(other);
        assertThat(pages.of(500)).isNull();
    }
}
