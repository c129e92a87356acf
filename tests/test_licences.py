"""The page of licences says what the cards say."""

from pathlib import Path

from medspatial.models import model_cards

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "licences.md").read_text()


def test_every_checkpoint_stands_on_the_page_with_the_licence_of_its_card() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    for card in model_cards().values():
        for checkpoint in card.checkpoints:
            family = checkpoint.id.rsplit("-", 1)[0]
            found = [row for row in rows if checkpoint.id in row or f"`{family}-" in row]
            assert found, checkpoint.id
            assert any(checkpoint.license in row for row in found), (checkpoint.id, checkpoint.license)
            assert all(("gated" in row) == checkpoint.gated for row in found), checkpoint.id
