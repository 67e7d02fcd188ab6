"""The right picture at the right time, whatever the container does."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared
from tests.wtal_core.features.films import film, number_on, numbered_picture
from wtal_core.domain import to_microseconds
from wtal_core.features.timebase import container_tick, ticks_to_microseconds
from wtal_core.features.video import (
    FrameReader,
    UnreadableVideo,
    content_hash,
    make_proxy,
    make_strip,
    make_thumbnail,
    probe,
    timed_frames,
)

MP4 = Fraction(1, 12800)
MS = Fraction(1, 1000)
REGULAR = [512 * i for i in range(40)]
UNEVEN = [int(t) for t in np.cumsum([0, *np.random.default_rng(1).integers(200, 1500, 39)])]
UNEVEN_MS = [int(t) for t in np.cumsum([0, *np.random.default_rng(2).integers(15, 90, 39)])]

FILMS = {
    "constant rate": ("a.mp4", REGULAR, MP4, {}),
    "constant rate, B-frames": ("a.mp4", REGULAR, MP4, {"b_frames": 3}),
    "variable rate": ("a.mp4", UNEVEN, MP4, {}),
    "variable rate, B-frames": ("a.mp4", UNEVEN, MP4, {"b_frames": 2}),
    "starts at 1.5 s": ("a.mp4", [19200 + t for t in REGULAR], MP4, {"b_frames": 2}),
    "29.97 fps": ("a.mp4", [1001 * i for i in range(40)], Fraction(1, 30000), {"rate": Fraction(30000, 1001)}),
    "Matroska": ("a.mkv", [40 * i for i in range(40)], MS, {"b_frames": 2}),
    "Matroska, variable rate, from 1.5 s": ("a.mkv", [1500 + t for t in UNEVEN_MS], MS, {}),
    "WebM VP9": ("a.webm", [40 * i for i in range(40)], MS, {"codec": "libvpx-vp9"}),
    "MPEG-TS": ("a.ts", [3600 * i for i in range(40)], Fraction(1, 90000), {"b_frames": 2}),
    "HEVC": ("a.mp4", UNEVEN, MP4, {"codec": "libx265", "b_frames": 2}),
}


@pytest.fixture(params=FILMS)
def some_film(request, tmp_path):
    """A film and the times it was written with, microseconds."""
    name, ticks, tick, options = FILMS[request.param]
    return film(tmp_path / name, ticks, tick, **options), [to_microseconds(t * tick) for t in ticks]


def test_every_picture_stands_at_the_time_it_was_written_with(some_film):
    path, times = some_film
    facts = probe(path)
    shift = int(facts.frame_times[0]) - times[0] if path.suffix == ".ts" else 0  # MPEG-TS muxers add a start time
    np.testing.assert_array_equal(facts.frame_times, np.array(times) + shift)
    assert [number_on(frame.to_ndarray(format="rgb24")) for _, frame in timed_frames(path)] == list(range(40))
    assert [time for time, _ in timed_frames(path)] == facts.frame_times.tolist()


def test_random_access_gives_the_picture_on_screen_at_its_start_and_just_before_the_next(some_film):
    path, _ = some_film
    with FrameReader(path) as reader:
        for index in np.random.default_rng(0).permutation(40)[:16]:
            assert number_on(reader.frame(index)) == index
        for index in (39, 3, 4, 30, 0):
            assert number_on(reader.at(int(reader.times[index]))) == index
            if index < 39:
                assert number_on(reader.at(int(reader.times[index + 1]) - 1)) == index
        assert number_on(reader.at(-(10**9))) == 0
        assert number_on(reader.at(10**12)) == 39
        with pytest.raises(IndexError, match="pictures 0 to 39, asked for 40"):
            reader.frame(40)


def test_a_proxy_has_the_same_pictures_at_the_same_times(some_film, tmp_path):
    path, _ = some_film
    report = make_proxy(path, tmp_path / "proxy.mp4")
    source, proxy = probe(path), probe(report.path)
    np.testing.assert_array_equal(proxy.frame_times, source.frame_times)
    assert proxy.browser_playable
    assert (report.n_frames, report.n_missing) == (40, 0)
    assert [number_on(frame.to_ndarray(format="rgb24")) for _, frame in timed_frames(report.path)] == list(range(40))


@pytest.mark.parametrize(("codec", "pix_fmt"), [("mpeg4", "yuv420p"), ("mjpeg", "yuvj420p")])
def test_the_pictures_of_an_avi_are_numbered(tmp_path, codec, pix_fmt):
    """AVI keeps no presentation times: with B-frames the packets' order is not the pictures'. Picture i: i / 25 s."""
    path = film(
        tmp_path / "a.avi",
        range(40),
        Fraction(1, 25),
        codec=codec,
        pix_fmt=pix_fmt,
        b_frames=2 * (codec == "mpeg4"),
        muxer="avi",
    )
    facts = probe(path)
    np.testing.assert_array_equal(facts.frame_times, 40_000 * np.arange(facts.n_frames))
    assert facts.n_frames >= 39
    assert not facts.browser_playable
    make_proxy(path, tmp_path / "proxy.mp4")
    np.testing.assert_array_equal(probe(tmp_path / "proxy.mp4").frame_times, facts.frame_times)
    with FrameReader(path) as reader, FrameReader(tmp_path / "proxy.mp4") as proxy:
        for index in (30, 7, 8):
            assert number_on(reader.frame(index)) == number_on(proxy.frame(index)) == index


def test_a_raw_stream_is_numbered_at_its_rate(tmp_path):
    path = film(tmp_path / "a.h264", range(40), Fraction(1, 25), muxer="h264")
    facts = probe(path)
    np.testing.assert_array_equal(facts.frame_times, 40_000 * np.arange(40))
    with FrameReader(path) as reader:
        assert [number_on(reader.frame(i)) for i in (30, 5, 6, 39)] == [30, 5, 6, 39]


def test_references_that_vp8_hides_are_no_pictures(tmp_path):
    """With ``auto-alt-ref`` the encoder adds pictures that are never shown."""
    path = tmp_path / "a.webm"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libvpx", rate=25, options={"auto-alt-ref": "1", "lag-in-frames": "16", "b": "200k"})
        stream.width = stream.height = 64
        for number in range(60):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")))
        out.mux(stream.encode(None))
    facts = probe(path)
    assert facts.n_frames == 60
    assert facts.browser_playable
    with FrameReader(path) as reader:
        assert [number_on(reader.frame(i)) for i in (50, 3, 59, 17)] == [50, 3, 59, 17]


def test_pictures_cut_by_an_edit_list_are_neither_listed_nor_shown(tmp_path):
    """A stream copy that starts between key pictures leaves the pictures before it in the file and hides them."""
    whole = film(tmp_path / "whole.mp4", REGULAR)
    cut = tmp_path / "cut.mp4"
    with av.open(str(whole)) as src, av.open(str(cut), "w") as out:
        stream = out.add_stream_from_template(src.streams.video[0])
        for packet in src.demux(src.streams.video[0]):
            if packet.dts is not None:
                packet.pts, packet.dts = packet.pts - 5 * 512, packet.dts - 5 * 512
                packet.stream = stream
                out.mux(packet)
    with FrameReader(cut) as reader:
        assert len(reader.times) == 35
        np.testing.assert_array_equal(np.diff(reader.times), np.full(34, 40_000))
        assert [number_on(reader.frame(i)) for i in (0, 20, 1, 34)] == [5, 25, 6, 39]
    assert [number_on(f.to_ndarray(format="rgb24")) for _, f in timed_frames(cut)] == list(range(5, 40))


def test_facts_of_a_film_with_sound(tmp_path):
    facts = probe(film(tmp_path / "a.mp4", REGULAR, sound=True))
    assert (facts.origin, facts.duration, facts.n_frames) == (0, 1_600_000, 40)
    assert (facts.width, facts.height, facts.fps, facts.codec) == (64, 64, 25, "h264")
    assert (facts.rotation, facts.has_audio, facts.is_variable, facts.browser_playable) == (0, True, False, True)
    assert facts.frame_at(39_999) == 0
    assert facts.frame_at(40_000) == 1


def test_what_browsers_do_not_play_is_named(tmp_path):
    said = {
        "HEVC": probe(film(tmp_path / "a.mp4", REGULAR, codec="libx265")).playable_reason,
        "4:4:4": probe(film(tmp_path / "b.mp4", REGULAR, pix_fmt="yuv444p")).playable_reason,
        "variable Matroska": probe(film(tmp_path / "c.mkv", UNEVEN_MS, MS)).playable_reason,
    }
    assert said == {
        "HEVC": "browsers do not play hevc in mp4; a proxy in H.264 is needed",
        "4:4:4": "browsers do not play h264 with yuv444p pixels; a proxy in yuv420p is needed",
        "variable Matroska": "Matroska with a variable frame rate shows some wrong frames in browsers; "
        "a proxy is needed",
    }


def test_a_turned_video_is_read_and_copied_upright(tmp_path):
    """A phone stores landscape pictures and says "turn by 90 degrees": the bright top half then lies at the left."""
    bright_top = np.zeros((32, 64, 3), np.uint8)
    bright_top[:16] = 240
    path = film(tmp_path / "a.mp4", REGULAR[:8], pictures=[bright_top] * 8, rotation=90)
    make_proxy(path, tmp_path / "proxy.mp4")
    for turned in (path, tmp_path / "proxy.mp4"):
        facts = probe(turned)
        assert (facts.width, facts.height, facts.rotation) == (32, 64, 90)
        with FrameReader(turned) as reader:
            picture = reader.frame(3)
        assert picture.shape == (64, 32, 3)
        assert picture[:, :12].mean() > 200
        assert picture[:, 20:].mean() < 40


@pytest.mark.parametrize(("name", "start"), [("a.mp4", 0), ("a.mp4", 19200), ("a.mkv", 0)])
def test_a_proxy_keeps_the_sound_at_its_time(tmp_path, name, start):
    path = film(tmp_path / name, [start + t for t in REGULAR], sound=True)
    report = make_proxy(path, tmp_path / "proxy.mp4")
    assert report.audio == "copied"
    np.testing.assert_array_equal(probe(report.path).frame_times, probe(path).frame_times)
    with av.open(str(path)) as a, av.open(str(report.path)) as b:
        lengths = [float(f.streams.audio[0].duration * f.streams.audio[0].time_base) for f in (b,)]
        assert lengths[0] == pytest.approx(float(a.duration / 1e6), abs=0.1)


def test_a_proxy_converts_sound_that_mp4_cannot_hold(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width = video.height = 64
        audio = out.add_stream("pcm_s16le", rate=16_000, layout="mono")
        for i in range(25):
            out.mux(video.encode(av.VideoFrame.from_ndarray(numbered_picture(i), format="rgb24")))
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 640), np.int16), format="s16", layout="mono")
            sound.sample_rate, sound.pts = 16_000, 640 * i
            out.mux(audio.encode(sound))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    report = make_proxy(path, tmp_path / "proxy.mp4")
    assert report.audio == "converted to AAC"
    with av.open(str(report.path)) as proxy:
        assert proxy.streams.audio[0].codec_context.name == "aac"
    np.testing.assert_array_equal(probe(report.path).frame_times, probe(path).frame_times)


def test_a_cancelled_proxy_leaves_nothing_behind(tmp_path):
    path = film(tmp_path / "a.mkv", UNEVEN_MS, MS)
    seen = []

    def cancel(done):
        seen.append(done)
        if done > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        make_proxy(path, tmp_path / "out" / "proxy.mp4", cancel)
    assert list((tmp_path / "out").iterdir()) == []
    assert seen == sorted(seen)


def test_thumbnail_and_strip_show_the_pictures_they_name(tmp_path):
    import cv2

    path = film(tmp_path / "a.mp4", [19200 + t for t in REGULAR], b_frames=2)
    times = make_strip(path, tmp_path / "strip.jpg", 8, 32)
    strip = cv2.imread(str(tmp_path / "strip.jpg"))
    assert strip.shape == (32, 8 * 32, 3)
    facts = probe(path)
    for place, time in enumerate(times):
        assert number_on(strip[:, 32 * place : 32 * (place + 1)]) == facts.frame_at(int(time))
        assert facts.frame_at(int(time)) // 5 == place
    assert make_thumbnail(path, tmp_path / "thumb.jpg") == facts.frame_times[13]
    assert number_on(cv2.imread(str(tmp_path / "thumb.jpg"))) == 13


def audio_only(path):
    with av.open(str(path), "w") as out:
        track = out.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        out.mux(track.encode(frame))
        out.mux(track.encode(None))


def no_pictures(path):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        out.start_encoding()


def cut_off(path, *, index_first):
    whole = path.with_name("whole.mp4")
    film(whole, REGULAR)
    if index_first:
        moved = path.with_name("moved.mp4")
        with av.open(str(whole)) as src, av.open(str(moved), "w", options={"movflags": "+faststart"}) as out:
            stream = out.add_stream_from_template(src.streams.video[0])
            for packet in src.demux(src.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
        whole = moved
    data = whole.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.7)])


BAD = {
    "empty": (lambda p: p.write_bytes(b""), r"bad\.mp4: the file is empty \(0 bytes\)"),
    "text": (lambda p: p.write_text("These are my notes about the video.\n" * 9), "this is text, not a video"),
    "playlist": (lambda p: p.write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"), "this is text, not a video"),
    "noise": (lambda p: p.write_bytes(bytes(range(256)) * 40), "no video format is recognised"),
    "truncated": (lambda p: cut_off(p, index_first=False), "the MP4 is incomplete"),
    "truncated after its index": (lambda p: cut_off(p, index_first=True), "cut off: its index lists 40 pictures and"),
    "no pictures": (no_pictures, "without a single picture"),
    "audio only": (audio_only, "no video stream in it, only audio"),
    "folder": (lambda p: p.mkdir(), "this is a folder"),
    "absent": (lambda p: None, "there is no such file"),
    "still": (
        lambda p: p.write_bytes(__import__("cv2").imencode(".png", numbered_picture(3))[1].tobytes()),
        "still picture|no video format",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_with_its_own_reason(tmp_path, kind):
    make, reason = BAD[kind]
    path = tmp_path / "bad.mp4"
    make(path)
    with pytest.raises(UnreadableVideo, match=reason) as refused:
        probe(path)
    assert refused.value.path == path
    assert "\n" not in str(refused.value)


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    path = film(tmp_path / "a.mp4", REGULAR[:5])
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UnreadableVideo, match="may not be read by this user"):
        probe(path)


def test_names_with_quotes_blanks_and_other_scripts_are_read(tmp_path):
    path = film(tmp_path / 'l\'été "2" — 视频 %03d;#?.mp4', REGULAR[:5])
    assert probe(path).n_frames == 5


def test_equal_bytes_have_equal_hashes_and_one_changed_byte_does_not(tmp_path):
    data = bytearray(np.random.default_rng(0).bytes(9_000_000))
    one, two, three = tmp_path / "one", tmp_path / "two", tmp_path / "three"
    one.write_bytes(data)
    two.write_bytes(data)
    data[5_000_000] ^= 1
    three.write_bytes(data)
    assert content_hash(one) == content_hash(two) != content_hash(three)
    assert len(content_hash(one)) == 40


@settings(deadline=None)
@given(
    st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=20),
    st.fractions(min_value=Fraction(1, 10**9), max_value=1, max_denominator=10**9).filter(lambda f: f > 0),
)
def test_tables_round_as_single_times_do(ticks, tick):
    assert ticks_to_microseconds(np.array(ticks), tick).tolist() == [to_microseconds(t * tick) for t in ticks]


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(1, 200_000))
def test_the_tick_of_a_proxy_holds_the_times_of_the_source(numerator, denominator):
    tick = Fraction(numerator, denominator)
    assert (tick / container_tick(tick)).denominator == 1


REAL = {
    "v_GGSY1Qvo990.mp4": (355, 320, 240),
    "highjump.mp4": (726, 320, 180),
    "women_long_jump.mp4": (871, 480, 360),
    "20190128_113421.120s.mp4": (3000, 1024, 1024),
}


@pytest.mark.parametrize("name", REAL)
def test_real_videos_probe_and_seek_to_what_decoding_in_order_shows(name):
    path = shared("data", "real-videos", name)
    facts = probe(path)
    assert (facts.n_frames, facts.width, facts.height) == REAL[name]
    assert facts.browser_playable
    wanted = (40, 25, 41)
    in_order = {}
    for index, (time, frame) in enumerate(timed_frames(path)):
        if index in wanted:
            in_order[index] = (time, frame.to_ndarray(format="rgb24"))
        if index > max(wanted):
            break
    with FrameReader(path) as reader:
        for index in wanted:
            time, picture = in_order[index]
            assert reader.times[index] == time
            np.testing.assert_array_equal(reader.frame(index), picture)


def test_paths_may_be_strings(tmp_path):
    assert probe(str(film(tmp_path / "a.mp4", REGULAR[:5]))).path == Path(tmp_path / "a.mp4")
