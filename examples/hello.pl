#!/usr/bin/env perl
# Hello in Perl: a whole HTTP response.
use strict;
use warnings;

my $content = "Hello from Perl.\n";
my ($weekday, $month, $day, $time, $year) = split ' ', scalar gmtime;

binmode STDOUT;
print "HTTP/1.1 200 OK\r\n",
    sprintf("Date: %s, %02d %s %d %s GMT\r\n", $weekday, $day, $month, $year, $time),
    "Content-Type: text/plain\r\n",
    "Content-Length: ", length $content, "\r\n",
    "Connection: close\r\n",
    "\r\n";
print $content unless ($ENV{REQUEST_METHOD} // '') eq 'HEAD';
